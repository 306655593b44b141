#include "source/s3/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "source/s3/curl_error.hpp"

namespace peo::source::s3 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t longest_headers = 64UL * 1024;
constexpr std::size_t most_idle = 64;  // as many as are used at once (ConnectionLimit::most)
// Bytes per second, averaged over a stall_timeout of waiting. Otherwise a server that sends a byte now and
// then would block the loader indefinitely.
constexpr double slowest = 1000;

struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct ShareCleanup {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCleanup>;

// Runs one request at a time; the multi handle keeps the connection for the next one.
struct Channel {
  std::unique_ptr<CURLM, MultiCleanup> multi{curl_multi_init()};
  std::unique_ptr<CURL, EasyCleanup> easy{curl_easy_init()};
};

// Shared by all connections: otherwise each would repeat the DNS lookup and the full TLS handshake.
struct Shared {
  Shared() {
    if (!share) throw Error::internal("libcurl gives no handle");
    curl_share_setopt(share.get(), CURLSHOPT_USERDATA, this);
    curl_share_setopt(share.get(), CURLSHOPT_LOCKFUNC, &Shared::lock);
    curl_share_setopt(share.get(), CURLSHOPT_UNLOCKFUNC, &Shared::unlock);
    curl_share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  static void lock(CURL* /*easy*/, curl_lock_data what, curl_lock_access /*access*/, void* self) {
    static_cast<Shared*>(self)->mutexes.at(what).lock();
  }
  static void unlock(CURL* /*easy*/, curl_lock_data what, void* self) {
    static_cast<Shared*>(self)->mutexes.at(what).unlock();
  }

  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes;
  std::unique_ptr<CURLSH, ShareCleanup> share{curl_share_init()};
};

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      throw Error::internal("libcurl can't be initialized");
  });
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK) {
    throw Error::internal(
        fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), curl_easy_strerror(code)));
  }
}

// All requests pass this check. A line break in a value, which may come from the bucket (an ETag) or a
// credentials endpoint, would inject a header or a request.
void check_request(const HttpRequest& request) {
  const auto refuse = [](const std::string& where) {
    throw Error::configuration(where + " contains a character that is invalid in HTTP",
                               "Check the setting or server that it comes from.");
  };
  const auto is_visible = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(request.url, is_visible)) refuse("the URL " + shortened(request.url, 200));
  for (const auto& [name, value] : request.headers) {
    const auto is_text = [](unsigned char c) { return (c >= ' ' && c != 0x7f) || c == '\t'; };
    if (!std::ranges::all_of(name, is_visible) || !std::ranges::all_of(value, is_text))
      refuse("the header " + shortened(name) + " of a request to " + shortened(request.url, 200));
  }
}

HeaderList header_list(const std::map<std::string, std::string>& headers) {
  HeaderList list;
  for (const auto& [name, value] : headers) {
    curl_slist* longer = curl_slist_append(list.get(), (name + ": " + value).c_str());
    if (longer == nullptr) throw Error::internal("libcurl has no memory for headers");
    [[maybe_unused]] auto* same = list.release();
    list.reset(longer);
  }
  return list;
}

std::string server_of(const std::string& url) {
  const auto host = url.find("://") + 3;
  return url.substr(0, url.find('/', host));
}

}  // namespace

struct HttpClient::Pool {
  explicit Pool(HttpOptions given) : options(std::move(given)) {}

  std::unique_ptr<Channel> take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) {
      auto channel = std::make_unique<Channel>();
      if (!channel->multi || !channel->easy) throw Error::internal("libcurl gives no handle");
      return channel;
    }
    auto channel = std::move(idle.back());
    idle.pop_back();
    return channel;
  }
  void give_back(std::unique_ptr<Channel> channel) {
    const std::lock_guard lock(mutex);
    if (idle.size() < most_idle) idle.push_back(std::move(channel));
  }

  const HttpOptions options;
  Shared shared;  // outlives the channels
  std::mutex mutex;
  std::vector<std::unique_ptr<Channel>> idle;
};

namespace {

// A running request.
class Transfer final : public HttpAnswer {
 public:
  Transfer(std::shared_ptr<HttpClient::Pool> pool, const HttpRequest& request)
      : pool_(std::move(pool)),
        options_(pool_->options),
        server_(server_of(request.url)),
        given_up_(request.given_up),
        headers_to_send_(header_list(request.headers)),
        channel_(pool_->take()) {
    prepare(request);
    if (curl_multi_add_handle(channel_->multi.get(), channel_->easy.get()) != CURLM_OK) {
      throw Error::internal("libcurl can't add a request");
    }
    added_ = true;
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() override { leave(); }

  void wait_for_headers() {
    pump_until([this] { return headers_done_; });
    if (!headers_done_) throw_failure();
    long status = 0;
    curl_easy_getinfo(channel_->easy.get(), CURLINFO_RESPONSE_CODE, &status);
    status_ = static_cast<int>(status);
    if (status_ == 407)
      throw proxy_refusal(status_, server_);  // for an http:// request the proxy itself responds
  }

  int status() const override { return status_; }

  std::string header(const std::string& name) const override {
    const auto found = headers_.find(name);
    return found == headers_.end() ? "" : found->second;
  }

  std::size_t read(std::span<char> buffer) override {
    if (begin_ == received_.size()) {
      received_.clear();
      begin_ = 0;
      resume();
      pump_until([this] { return !received_.empty(); });
      if (received_.empty()) {
        if (failure_ != CURLE_OK) throw_failure();
        return 0;
      }
    }
    const std::size_t count = std::min(buffer.size(), received_.size() - begin_);
    std::memcpy(buffer.data(), received_.data() + begin_, count);
    begin_ += count;
    return count;
  }

 private:
  void prepare(const HttpRequest& request) {
    CURL* easy = channel_->easy.get();
    curl_easy_reset(easy);
    set(easy, CURLOPT_SHARE, pool_->shared.share.get());
    set(easy, CURLOPT_URL, request.url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(easy, CURLOPT_PATH_AS_IS, 1L);  // keys may hold ".." and "//"
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_NOPROGRESS, 1L);
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(easy, CURLOPT_HTTPHEADER, headers_to_send_.get());
    if (request.method != "GET") {
      set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
      set(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
      set(easy, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
    }
    if (!options_.proxy) set(easy, CURLOPT_PROXY, "");
    // Otherwise a proxy's "200 Connection established" would be mistaken for the server's response.
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(easy, CURLOPT_USERAGENT, "paper-engine-orders");
    set(easy, CURLOPT_ERRORBUFFER, curl_text_.data());
    if (!options_.ca_bundle.empty()) set(easy, CURLOPT_CAINFO, options_.ca_bundle.c_str());
    set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(easy, CURLOPT_HEADERDATA, this);
    set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(easy, CURLOPT_WRITEDATA, this);
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
  }

  // False: the headers are too big; curl then ends the transfer.
  bool take_header(std::string_view line) {
    received_bytes_ += line.size();
    header_bytes_ += line.size();
    if (header_bytes_ > longest_headers) {
      headers_too_long_ = true;
      return false;
    }
    if (headers_done_) return true;  // a trailer after a chunked body
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {  // after "100 Continue" there is a second one
      headers_.clear();
      const auto space = line.find(' ');
      interim_ = space != std::string_view::npos && line.substr(space + 1).starts_with('1');
      return true;
    }
    if (line.empty()) {
      headers_done_ = headers_done_ || !interim_;
      return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    headers_[lower_case(line.substr(0, colon))] = value;
    return true;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({data, size * count});
  }

  std::size_t take_body(std::string_view bytes) {
    // Not consumed: curl keeps it and passes it again after the resume.
    if (received_.size() >= options_.buffer) {
      paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    received_.append(bytes);
    received_bytes_ += bytes.size();
    return bytes.size();
  }

  void resume() {
    if (!paused_) return;
    paused_ = false;
    if (const auto code = curl_easy_pause(channel_->easy.get(), CURLPAUSE_CONT); code != CURLE_OK) {
      failure_ = code;
      done_ = true;
    }
  }

  // Runs the transfer until the condition holds or the transfer ends.
  template <typename Condition>
  void pump_until(Condition condition) {
    auto seen = received_bytes_;
    steady_clock::duration silent{0};
    while (!condition() && !done_) {
      int running = 0;
      if (const auto code = curl_multi_perform(channel_->multi.get(), &running); code != CURLM_OK) {
        throw Error::internal(fmt::format("libcurl: {}", curl_multi_strerror(code)));
      }
      collect();
      if (received_bytes_ != seen) silent = {};
      seen = received_bytes_;
      demand_speed(silent);
      if (condition() || done_) break;
      const auto began = steady_clock::now();
      const auto rest = std::chrono::duration_cast<milliseconds>(options_.stall_timeout - silent);
      poll(std::min(rest, milliseconds(1000)));
      const auto waited = steady_clock::now() - began;
      silent += waited;
      if (received_bytes_ != 0) window_time_ += waited;
    }
  }

  // Only waiting time counts, not that of a slow reader. The speed is measured from the first byte on: a
  // server may be slow to begin.
  void demand_speed(steady_clock::duration silent) {
    const auto seconds = [](steady_clock::duration time) {
      return std::chrono::duration<double>(time).count();
    };
    if (silent >= options_.stall_timeout)
      throw Error::retry(fmt::format("{}: no data received for {:.1f} s", server_, seconds(silent)));
    if (window_time_ < options_.stall_timeout) return;
    const auto bytes = received_bytes_ - window_bytes_;
    if (static_cast<double>(bytes) < slowest * seconds(window_time_)) {
      throw Error::retry(fmt::format("{}: only {} {} received in {:.1f} s", server_, bytes,
                                     bytes == 1 ? "byte" : "bytes", seconds(window_time_)),
                         "Check the network, and whether the server limits its transfer rate.");
    }
    window_time_ = {};
    window_bytes_ = received_bytes_;
  }

  // Report a failure only after the bytes before it have been read, so that every resumed download makes
  // progress.
  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(channel_->multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      done_ = true;
      failure_ = message->data.result;
    }
  }

  void poll(milliseconds longest) {
    if (given_up_ != nullptr && *given_up_) throw Error::retry("the request to " + server_ + " was canceled");
    curl_waitfd wake{};
    unsigned count = 0;
    if (options_.stop != nullptr && options_.stop->requested()) {
      const auto asked = std::chrono::duration_cast<milliseconds>(options_.stop->asked_for());
      if (asked >= options_.stop_grace) throw Error::retry("stopped while waiting for " + server_);
      longest = std::min(longest, options_.stop_grace - asked);
    } else if (options_.stop != nullptr) {
      wake = {options_.stop->fd(), CURL_WAIT_POLLIN, 0};
      count = 1;
    }
    curl_multi_poll(channel_->multi.get(), count == 0 ? nullptr : &wake, count,
                    static_cast<int>(std::max<std::int64_t>(longest.count(), 1)), nullptr);
  }

  [[noreturn]] void throw_failure() const {
    // curl itself fails for a line of more than 100 KB, with "out of memory" or, since 8.6, CURLE_TOO_LARGE.
    const bool refused_by_curl = failure_ == CURLE_OUT_OF_MEMORY || static_cast<int>(failure_) == 100;
    if (headers_too_long_ || (refused_by_curl && !headers_done_)) {
      throw Error::configuration(server_ + " sent more than 64 KiB of headers",
                                 "Check that bucket_endpoint is an S3 server.");
    }
    long proxy_status = 0;
    curl_easy_getinfo(channel_->easy.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status >= 300) throw proxy_refusal(static_cast<int>(proxy_status), server_);
    throw to_error(failure_, curl_text_.data(), server_, options_.ca_bundle);
  }

  void leave() {
    if (!channel_) return;
    if (added_) curl_multi_remove_handle(channel_->multi.get(), channel_->easy.get());
    // Reuse handles only after success: after a failed DNS lookup, for example, libcurl 7.88 rejects
    // CURLOPT_BUFFERSIZE.
    if (!done_ || failure_ != CURLE_OK) return;
    curl_easy_reset(channel_->easy.get());
    pool_->give_back(std::move(channel_));
  }

  std::shared_ptr<HttpClient::Pool> pool_;
  const HttpOptions& options_;
  std::string server_;
  const std::atomic<bool>* given_up_;
  HeaderList headers_to_send_;
  std::unique_ptr<Channel> channel_;
  std::array<char, CURL_ERROR_SIZE> curl_text_{};
  std::map<std::string, std::string> headers_;
  std::size_t header_bytes_ = 0;
  std::string received_;
  std::size_t begin_ = 0;
  std::uint64_t received_bytes_ = 0;       // headers and body
  steady_clock::duration window_time_{0};  // waiting time since the last speed check,
  std::uint64_t window_bytes_ = 0;         // and received_bytes_ at that time
  int status_ = 0;
  CURLcode failure_ = CURLE_OK;
  bool added_ = false, headers_done_ = false, headers_too_long_ = false, interim_ = false, paused_ = false,
       done_ = false;
};

}  // namespace

std::string HttpAnswer::read_text(std::size_t limit) {
  std::string text;
  std::array<char, 16UL * 1024> piece{};
  while (text.size() < limit) {
    const std::size_t got = read({piece.data(), std::min(piece.size(), limit - text.size())});
    if (got == 0) break;
    text.append(piece.data(), got);
  }
  return text;
}

HttpClient::HttpClient(HttpOptions options) {
  initialise_curl();
  pool_ = std::make_shared<Pool>(std::move(options));
}

HttpClient::~HttpClient() = default;

std::unique_ptr<HttpAnswer> HttpClient::send(const HttpRequest& request) {
  check_request(request);
  auto transfer = std::make_unique<Transfer>(pool_, request);
  transfer->wait_for_headers();
  return transfer;
}

}  // namespace peo::source::s3
