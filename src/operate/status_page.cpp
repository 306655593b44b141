#include "operate/status_page.hpp"

#include <string>
#include <utility>

#include "page_files.hpp"

namespace peo::operate {
namespace {

// Only this server's own files; no frames, no forms.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri "
    "'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'";

metrics::HttpResponse answer(const char* type, std::string body) {
  return {.status = 200,
          .content_type = type,
          .body = std::move(body),
          .headers = {{"Content-Security-Policy", policy},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Frame-Options", "DENY"},
                      {"Cross-Origin-Resource-Policy", "same-origin"}}};
}

void add_file(metrics::HttpServer& server, const char* path, const char* type, std::string body) {
  server.add(
      path, [type, body = std::move(body)](const metrics::HttpRequest&) { return answer(type, body); },
      metrics::Hosts::Own);
}

}  // namespace

void add_status_page(metrics::HttpServer& server, StatusCollector& feed) {
  add_file(server, "/", "text/html; charset=utf-8", std::string(page_files::page));
  add_file(server, "/style.css", "text/css; charset=utf-8", std::string(page_files::style));
  add_file(server, "/script.js", "text/javascript; charset=utf-8", std::string(page_files::script));
  add_file(server, "/icon.svg", "image/svg+xml", std::string(page_files::icon));
  server.add(
      "/status.json",
      [&feed](const metrics::HttpRequest&) { return answer("application/json", feed.json()); },
      metrics::Hosts::Own);
}

}  // namespace peo::operate
