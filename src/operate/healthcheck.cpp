#include "operate/healthcheck.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

namespace peo::operate {
namespace {

constexpr long timeout_ms = 5'000;
constexpr std::size_t max_response = 4UL * 1024 * 1024;

// "", "0.0.0.0" and "::" are addresses to listen on, not to connect to.
std::string reachable(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  if (host == "::" || host == "[::]") return "[::1]";
  return host.find(':') != std::string::npos && !host.starts_with('[') ? "[" + host + "]" : host;
}

std::size_t take(char* data, std::size_t size, std::size_t count, void* closure) {
  auto& body = *static_cast<std::string*>(closure);
  if (body.size() + size * count > max_response) return 0;
  body.append(data, size * count);
  return size * count;
}

}  // namespace

PageAnswer ask_page(const std::string& host, std::uint16_t port, const std::string& path) {
  PageAnswer answer;
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return answer;
  const auto url = fmt::format("http://{}:{}{}", reachable(host), port, path);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  if (curl_easy_perform(curl.get()) != CURLE_OK) return {};
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

HealthAnswer healthcheck(const std::string& host, std::uint16_t port, bool ready) {
  const auto where = fmt::format("{}:{}", reachable(host), port);
  const auto answer = ask_page(host, port, ready ? "/readyz" : "/healthz");
  if (answer.status == 200)
    return {ExitCode::Done, fmt::format("The loader on {} is {}.", where, ready ? "ready" : "alive")};
  if (answer.status == 0)
    return {ExitCode::Unavailable,
            fmt::format("No response from {}. Check that the loader is running with this METRICS_ADDRESS.",
                        where)};
  return {ExitCode::Unavailable,
          fmt::format("The loader on {} is not {}: HTTP status {}, {}", where, ready ? "ready" : "alive",
                      answer.status, shortened(answer.body, 300))};
}

}  // namespace peo::operate
