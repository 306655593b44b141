#include "support/swift_server.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {
namespace {

using std::chrono::steady_clock;

constexpr std::array<const char*, 3> storage_kinds{"account", "container", "object"};

// One device, one replica, 16 partitions for each of the three rings.
constexpr const char* ring_maker = R"(
import sys
from swift.common.ring import RingBuilder
directory = sys.argv[1]
for kind, port in zip(sys.argv[2::2], sys.argv[3::2]):
    ring = RingBuilder(4, 1, 0)
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0, 'device': 'disk', 'meta': '',
                  'ip': '127.0.0.1', 'port': int(port),
                  'replication_ip': '127.0.0.1', 'replication_port': int(port)})
    ring.rebalance()
    ring.get_ring().save('%s/%s.ring.gz' % (directory, kind))
)";

std::string storage_settings(const std::string& kind, int port, const TempDir& dir) {
  return "[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = " + std::to_string(port) +
         "\nworkers = 0\nuser = root\nswift_dir = " + dir.path().string() +
         "\ndevices = " + (dir / "srv").string() +
         "\nmount_check = false\ndisable_fallocate = true\n[pipeline:main]\npipeline = " + kind +
         "-server\n[app:" + kind + "-server]\nuse = egg:swift#" + kind + "\n";
}

std::string proxy_settings(int port, int cache_port, const TempDir& dir) {
  std::string text =
      "[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = " + std::to_string(port) +
      "\nworkers = 0\nuser = root\nswift_dir = " + dir.path().string() +
      "\n[pipeline:main]\npipeline = catch_errors gatekeeper cache listing_formats s3api tempauth "
      "slo proxy-server\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
      "error_suppression_limit = 1000\nerror_suppression_interval = 1\n";
  for (const std::string filter : {"catch_errors", "gatekeeper", "listing_formats", "slo"}) {
    text.append("[filter:").append(filter).append("]\nuse = egg:swift#").append(filter).append("\n");
  }
  text +=
      "[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:" + std::to_string(cache_port) +
      "\n[filter:s3api]\nuse = egg:swift#s3api\nlocation = " + std::string(SwiftServer::region) +
      "\n[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = " +
      std::string(SwiftServer::secret_access_key) + " .admin\n";
  return text;
}

struct Reply {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
};

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* reply) {
  const std::string line(data, size * count);
  const auto colon = line.find(": ");
  if (colon != std::string::npos) {
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    static_cast<Reply*>(reply)->headers[name] =
        line.substr(colon + 2, line.find_last_not_of("\r\n") - colon - 1);
  }
  return size * count;
}

std::size_t ignore_body(const char* /*data*/, std::size_t size, std::size_t count, const void* /*nobody*/) {
  return size * count;
}

Reply send(const std::string& method, const std::string& url, const std::vector<std::string>& headers,
           const std::string& body) {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) throw std::runtime_error("curl_easy_init failed");
  curl_slist* list = nullptr;
  for (const auto& header : headers) list = curl_slist_append(list, header.c_str());
  Reply reply;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &ignore_body);
  if (method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  curl_easy_perform(easy);  // a failure leaves the status 0
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_slist_free_all(list);
  curl_easy_cleanup(easy);
  return reply;
}

std::string encoded(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '/' || c == '-' || c == '_') {
      result += c;
    } else {
      result += '%';
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  return result;
}

}  // namespace

struct SwiftServer::Inner {
  TempDir dir;
  int proxy_port = free_port();
  std::map<std::string, std::unique_ptr<Process>> servers;
  std::string token, storage_url;

  // The kernel ends them too when the test program is killed and can't.
  void start(const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"setpriv", "--pdeathsig", "KILL", "--"});
    ProcessOptions options;
    options.environment = {{"PYTHONWARNINGS", "ignore"}};
    servers[name] = std::make_unique<Process>(std::move(arguments), options);
  }

  std::string said() {
    std::string text;
    for (auto& [name, server] : servers) text += name + ": " + server->out() + server->err() + "\n";
    return text;
  }

  void write_settings(const std::map<std::string, int>& ports) {
    write_file(dir / "swift.conf",
               "[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n"
               "[storage-policy:0]\nname = only\ndefault = yes\n");
    std::filesystem::create_directories(dir / "srv" / "disk");
    std::vector<std::string> make_rings{"/usr/bin/python3", "-c", ring_maker, dir.path().string()};
    for (const std::string kind : storage_kinds) {
      write_file(dir / (kind + ".conf"), storage_settings(kind, ports.at(kind), dir));
      make_rings.push_back(kind);
      make_rings.push_back(std::to_string(ports.at(kind)));
    }
    write_file(dir / "proxy.conf", proxy_settings(proxy_port, ports.at("cache"), dir));
    const auto rings = run(make_rings);
    if (rings.status != 0) throw std::runtime_error("Swift's rings can't be made: " + rings.err);
  }

  // With a server missing behind it, the proxy says 503.
  void log_in() {
    const auto until = steady_clock::now() + std::chrono::seconds(60);
    while (steady_clock::now() < until) {
      const auto reply = send("GET", "http://127.0.0.1:" + std::to_string(proxy_port) + "/auth/v1.0",
                              {"X-Storage-User: " + std::string(access_key_id),
                               "X-Storage-Pass: " + std::string(secret_access_key)},
                              "");
      if (reply.status == 200) {
        token = "X-Auth-Token: " + reply.headers.at("x-auth-token");
        storage_url = reply.headers.at("x-storage-url");
        if (send("PUT", storage_url + "/ready", {token}, "").status / 100 == 2) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error("Swift doesn't get ready; its servers said:\n" + said());
  }

  void change(const std::string& method, const std::string& path, const std::string& body) {
    const auto reply =
        send(method, storage_url + "/" + encoded(path), {token, "Content-Type: text/plain"}, body);
    if (reply.status / 100 != 2) {
      throw std::runtime_error("Swift answered " + method + " " + path + " with " +
                               std::to_string(reply.status));
    }
  }
};

SwiftServer::SwiftServer() : inner_(std::make_unique<Inner>()) {
  for (const char* program :
       {"/usr/bin/swift-proxy-server", "/usr/bin/swift-account-server", "/usr/bin/swift-container-server",
        "/usr/bin/swift-object-server", "/usr/bin/memcached"}) {
    if (::access(program, X_OK) != 0) {
      throw std::runtime_error(std::string(program) +
                               " is missing: install swift-proxy swift-account swift-container swift-object "
                               "memcached");
    }
  }
  std::map<std::string, int> ports{{"cache", free_port()}};
  for (const char* kind : storage_kinds) ports[kind] = free_port();
  inner_->write_settings(ports);
  inner_->start("memcached", {"memcached", "-l", "127.0.0.1", "-p", std::to_string(ports["cache"]), "-U", "0",
                              "-u", "root", "-m", "64"});
  for (const std::string kind : storage_kinds) {
    inner_->start(kind, {"swift-" + kind + "-server", (inner_->dir / (kind + ".conf")).string(), "-v"});
  }
  inner_->start("proxy", {"swift-proxy-server", (inner_->dir / "proxy.conf").string(), "-v"});
  for (const auto& [name, port] : ports) {
    if (!wait_for_port(port, std::chrono::seconds(60))) {
      throw std::runtime_error("Swift's " + name + " doesn't listen; its servers said:\n" + inner_->said());
    }
  }
  inner_->log_in();
}

SwiftServer::~SwiftServer() = default;

SwiftServer& SwiftServer::shared() {
  static SwiftServer server;
  return server;
}

std::string SwiftServer::endpoint() const { return "http://127.0.0.1:" + std::to_string(inner_->proxy_port); }

void SwiftServer::make_bucket(const std::string& bucket) { inner_->change("PUT", bucket, ""); }

void SwiftServer::put(const std::string& bucket, const std::string& key, const std::string& bytes) {
  inner_->change("PUT", bucket + "/" + key, bytes);
}

void SwiftServer::remove(const std::string& bucket, const std::string& key) {
  inner_->change("DELETE", bucket + "/" + key, "");
}

}  // namespace peo::test
