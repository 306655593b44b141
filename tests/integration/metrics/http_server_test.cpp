// The pages for operators, over real sockets.
#include "metrics/http_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "metrics/endpoints.hpp"
#include "metrics/metrics.hpp"
#include "support/http_get.hpp"
#include "support/process.hpp"

namespace peo::metrics {
namespace {

using test::http_get;
using testing::HasSubstr;

class Connection {
 public:
  explicit Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect failed");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  void send(std::string_view text) const {
    // The other side may have hung up already.
    [[maybe_unused]] const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  int fd() const { return fd_; }
  std::string read_all() const {
    std::string text;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::recv(fd_, buffer, sizeof buffer, 0)) > 0)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }

 private:
  int fd_;
};

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    add_operator_pages(
        server_, metrics_,
        [] {
          return Health{true, R"({"ok": true})"};
        },
        [this] {
          return Health{ready_, ready_ ? R"({"ok": true})" : R"({"source": "no answer"})"};
        });
    server_.add("/echo", [](const HttpRequest& request) {
      return HttpResponse{.content_type = "text/html; charset=utf-8",
                          .body = request.path + "?" + request.query.at("a"),
                          .headers = {{"X-More", "yes"}}};
    });
    server_.add(
        "/own", [](const HttpRequest&) { return HttpResponse{.body = "own"}; }, Hosts::Own);
    server_.add("/throws", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("inside"); });
    server_.start();
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + path;
  }

  std::atomic<bool> ready_ = false;
  Metrics metrics_{"1.2.3"};
  HttpServer server_{"127.0.0.1", 0};
};

TEST_F(HttpServerTest, MetricsAreServedAsPrometheusWantsThem) {
  const auto answer = http_get(url("/metrics"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("paper_engine_orders_build_info{version=\"1.2.3\"} 1\n"));
}

TEST_F(HttpServerTest, ProbesSayWhatTheyAreTold) {
  EXPECT_EQ(http_get(url("/healthz")).status, 200);
  const auto answer = http_get(url("/readyz"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"source": "no answer"})");
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  ready_ = true;
  EXPECT_EQ(http_get(url("/readyz")).status, 200);
}

TEST_F(HttpServerTest, HeadHasTheHeadersAndNoBody) {
  const auto answer = http_get(url("/healthz"), "HEAD");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-length"), "12");
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(http_get(url("/readyz"), "HEAD").status, 503);
}

TEST_F(HttpServerTest, OtherMethodsAreRefusedWithTheAllowedOnes) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "NONSENSE"}) {
    const auto answer = http_get(url("/metrics"), method);
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD") << method;
  }
  EXPECT_EQ(http_get(url("/metrics"), "POST", "a body").status, 405);
  EXPECT_EQ(http_get(url("/healthz")).status, 200);
}

TEST_F(HttpServerTest, OtherPathsAreNotFound) {
  for (const char* path : {"/", "/metrics/", "/Metrics", "/nothing", "//metrics"})
    EXPECT_EQ(http_get(url(path)).status, 404) << path;
}

TEST_F(HttpServerTest, APageOfOnesOwn) {
  const auto answer = http_get(url("/echo?a=1%202&b"));
  EXPECT_EQ(answer.body, "/echo?1 2");
  EXPECT_EQ(answer.headers.at("x-more"), "yes");
  EXPECT_EQ(answer.headers.at("content-type"), "text/html; charset=utf-8");
}

TEST_F(HttpServerTest, APageThatThrowsIsAnErrorOfThatPageOnly) {
  testing::internal::CaptureStderr();
  const auto answer = http_get(url("/throws"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("Serving the page /throws failed: inside"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("inside")));
  EXPECT_EQ(http_get(url("/healthz")).status, 200);
}

TEST_F(HttpServerTest, IdleAndSlowConnectionsDelayNobody) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < 60; ++i) {
    connections.push_back(std::make_unique<Connection>(server_.port()));
    if (i % 2 == 0) connections.back()->send("GET /metrics HTTP/1.1\r\nHost:");
  }
  EXPECT_EQ(http_get(url("/healthz"), "GET", "", std::chrono::seconds(5)).status, 200);
}

// More of them than may be open, from the probe's own address, and each sends a byte now and then.
TEST_F(HttpServerTest, ProbesGetThroughHoweverManyConnectionsAreHeld) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < 300; ++i) {
    connections.push_back(std::make_unique<Connection>(server_.port()));
    connections.back()->send(i % 3 == 0 ? "" : "GET /healthz HTTP/1.1\r\nHost: a\r\n");
    if (i % 50 != 49) continue;
    for (const auto& one : connections) one->send("X");
    EXPECT_EQ(http_get(url("/healthz"), "GET", "", std::chrono::seconds(5)).status, 200) << i;
  }
}

// Its bytes keep coming, and yet it ends.
TEST_F(HttpServerTest, ARequestThatTakesTooLongIsClosed) {
  const Connection connection(server_.port());
  connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n");
  std::string rest;
  std::atomic<bool> ended = false;
  std::jthread reader([&] {
    rest = connection.read_all();
    ended = true;
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!ended && std::chrono::steady_clock::now() < until) {
    connection.send("X: y\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_TRUE(ended);
  ::shutdown(connection.fd(), SHUT_RDWR);
  reader.join();
  EXPECT_EQ(rest, "");
}

// DNS rebinding.
TEST_F(HttpServerTest, AForeignHostSeesOnlyWhatIsForEverybody) {
  const auto status = [&](const std::string& path, const std::string& headers) {
    const Connection connection(server_.port());
    connection.send("GET " + path + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n");
    return connection.read_all().substr(9, 3);
  };
  const auto port = std::to_string(server_.port());
  EXPECT_EQ(status("/own", "Host: 127.0.0.1:" + port + "\r\n"), "200");
  EXPECT_EQ(status("/own", "Host: localhost:" + port + "\r\n"), "200");
  EXPECT_EQ(status("/own", "Host: evil.example:" + port + "\r\n"), "403");
  EXPECT_EQ(status("/own", "Host: localhost\r\nHost: evil.example\r\n"), "403");
  EXPECT_EQ(status("/own", "Host: evil.example\r\nHost: localhost\r\n"), "403");
  EXPECT_EQ(status("/own", "Host:\r\n"), "403");
  for (const char* path : {"/metrics", "/healthz"})
    EXPECT_EQ(status(path, "Host: loader.monitoring.svc\r\n"), "200");
}

TEST_F(HttpServerTest, AnEndlessRequestIsCutOff) {
  const Connection connection(server_.port());
  connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(1'000'000, 'x') + "\r\n\r\n");
  EXPECT_THAT(connection.read_all(), testing::Not(HasSubstr("200 OK")));
  EXPECT_EQ(http_get(url("/healthz")).status, 200);
}

TEST_F(HttpServerTest, NonsenseIsNotAnsweredAndNothingIsPrinted) {
  testing::internal::CaptureStderr();
  {
    const Connection connection(server_.port());
    connection.send(std::string("\x16\x03\x01\0\xff nonsense\r\n\r\n", 18));
    EXPECT_THAT(connection.read_all(), testing::Not(HasSubstr("200")));
  }
  EXPECT_EQ(http_get(url("/healthz")).status, 200);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(HttpServerTest, APortInUseIsAConfigurationErrorWithAHint) {
  try {
    const HttpServer second("127.0.0.1", server_.port());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
    EXPECT_EQ(
        error.describe(),
        "METRICS_ADDRESS: can't listen on 127.0.0.1:" + std::to_string(server_.port()) +
            " (Address already in use). Check that no other program, such as another loader, uses the port, "
            "and set an address of this machine and a free port; empty for a run without it.");
  }
}

TEST(HttpServerAddress, UnknownHostAndForeignAddressAreConfigurationErrors) {
  for (const char* host : {"192.0.2.1", "no such host", "[::1"}) {
    try {
      const HttpServer server(host, 0);
      ADD_FAILURE() << host;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::Configuration) << error.describe();
    }
  }
}

TEST(HttpServerAddress, Ipv6) {
  std::optional<HttpServer> server;
  try {
    server.emplace("[::1]", 0);
  } catch (const Error& error) {
    GTEST_SKIP() << "no IPv6 here: " << error.describe();
  }
  server->add("/a", [](const HttpRequest&) { return HttpResponse{.body = "b"}; });
  server->start();
  EXPECT_EQ(http_get("http://[::1]:" + std::to_string(server->port()) + "/a").body, "b");
}

TEST(HttpServerAddress, ThePortIsFreeAgainAtOnce) {
  std::uint16_t port = 0;
  {
    HttpServer server("127.0.0.1", 0);
    server.add("/a", [](const HttpRequest&) { return HttpResponse{.body = "1"}; });
    server.start();
    port = server.port();
    EXPECT_EQ(http_get("http://127.0.0.1:" + std::to_string(port) + "/a").body, "1");
  }
  HttpServer server("127.0.0.1", port);
  server.add("/a", [](const HttpRequest&) { return HttpResponse{.body = "2"}; });
  server.start();
  EXPECT_EQ(http_get("http://127.0.0.1:" + std::to_string(port) + "/a").body, "2");
}

}  // namespace
}  // namespace peo::metrics
