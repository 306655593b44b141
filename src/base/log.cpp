#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"
#include "base/recent_errors.hpp"

namespace peo::log {
namespace {

std::atomic<Level> threshold{Level::Info};
std::atomic<Form> form_of_lines{Form::Text};

std::string_view name(Level level) {
  switch (level) {
    case Level::Debug:
      return "DEBUG";
    case Level::Info:
      return "INFO";
    case Level::Warning:
      return "WARNING";
    case Level::Error:
      return "ERROR";
  }
  return "INFO";
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::trace);
    made->set_pattern("%v");  // the line is made here, whole: levels and places are in our own form
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

std::string_view file_name(const char* path) {
  const std::string_view text(path);
  return text.substr(text.find_last_of('/') + 1);
}

std::string one_line(std::string_view message) {
  std::string line;
  line.reserve(message.size());
  for (const char c : message) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
      line += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      line += c;
    }
  }
  return line;
}

struct Moment {
  std::tm utc{};
  int milliseconds = 0;
};

Moment now() {
  const auto time = std::chrono::system_clock::now();
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  Moment moment;
  const auto seconds = static_cast<std::time_t>(since / 1000);
  moment.milliseconds = static_cast<int>(since % 1000);
  ::gmtime_r(&seconds, &moment.utc);
  return moment;
}

std::string text_line(Level level, std::string_view message, Where where) {
  const auto moment = now();
  char when[32];
  std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &moment.utc);
  return fmt::format("{} {} [{}:{}]: {}", when, name(level), file_name(where.file), where.line,
                     one_line(message));
}

std::string json_line(Level level, std::string_view message, Where where) {
  const auto moment = now();
  char when[32];
  std::strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &moment.utc);
  nlohmann::ordered_json line;
  line["ts"] = fmt::format("{}.{:03}Z", when, moment.milliseconds);
  line["level"] = name(level);
  line["location"] = fmt::format("{}:{}", file_name(where.file), where.line);
  line["msg"] = message;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t usual = 80;
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : usual;
}

// The line that is written over.
struct Bar {
  std::atomic<bool> shown{false};
  std::mutex mutex;  // guards the terminal too, where there is one
  std::string text;

  void draw() const {
    std::fputs(("\r\x1b[K" + text).c_str(), stderr);
    std::fflush(stderr);
  }

  // Makes room for a line of the log.
  class Aside {
   public:
    explicit Aside(Bar& bar) : bar_(bar) {
      if (!bar_.shown) return;
      lock_ = std::unique_lock(bar_.mutex);
      if (!bar_.text.empty()) std::fputs("\r\x1b[K", stderr);
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    ~Aside() {
      if (lock_ && !bar_.text.empty()) bar_.draw();
    }

   private:
    Bar& bar_;
    std::unique_lock<std::mutex> lock_;
  };
};
Bar& bar() {
  static Bar instance;
  return instance;
}

// Bounded, the newest in front.
struct Troubles {
  std::mutex mutex;
  std::deque<LogEntry> list;
};
Troubles& troubles() {
  static Troubles instance;
  return instance;
}

void remember(Level level, std::string_view message) {
  constexpr std::size_t longest = 1000;
  const auto at = peo::now();
  const std::lock_guard lock(troubles().mutex);
  troubles().list.push_front({at, level, shortened(message, longest)});
  if (troubles().list.size() > most_recent_errors) troubles().list.pop_back();
}

}  // namespace

std::vector<LogEntry> recent_errors() {
  const std::lock_guard lock(troubles().mutex);
  return {troubles().list.begin(), troubles().list.end()};
}

void configure(Level level, Form form) {
  threshold = level;
  form_of_lines = form;
  const char* const kind = std::getenv("TERM");
  const std::string_view terminal = kind != nullptr ? kind : "";
  bar().shown = form == Form::Text && ::isatty(STDERR_FILENO) == 1 && !terminal.empty() && terminal != "dumb";
}

bool shows_progress() { return bar().shown; }

void show_progress(std::string_view text) {
  if (!shows_progress()) return;
  const std::lock_guard lock(bar().mutex);
  bar().text = shortened(text, terminal_width() - 1);  // a line that wraps can't be taken back
  bar().draw();
}

void end_progress() {
  if (!shows_progress()) return;
  const std::lock_guard lock(bar().mutex);
  if (bar().text.empty()) return;
  bar().text.clear();
  bar().draw();
}

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Where where) {
  if (level >= Level::Warning) remember(level, message);
  const Bar::Aside aside(bar());
  logger().log(spdlog::level::info, form_of_lines.load(std::memory_order_relaxed) == Form::Json
                                        ? json_line(level, message, where)
                                        : text_line(level, message, where));
}

}  // namespace peo::log
