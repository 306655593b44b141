#include "base/log.hpp"

#include <fmt/chrono.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"
#include "base/recent_errors.hpp"

namespace peo::log {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::atomic<Level> threshold{Level::Info};
std::atomic<Form> form_of_lines{Form::Text};
std::atomic<bool> on_terminal{false};

std::mutex mutex;                  // guards standard error and the variables below
std::string progress;              // the line at the bottom of the terminal; empty: none
std::deque<LogEntry> last_errors;  // the newest first

constexpr std::string_view clear_line = "\r\x1b[K";

std::string_view name(Level level) {
  static constexpr std::array<std::string_view, 4> names{"DEBUG", "INFO", "WARNING", "ERROR"};
  return names.at(static_cast<std::size_t>(level));
}

std::string location(Where where) {
  const std::string_view path(where.file);
  return fmt::format("{}:{}", path.substr(path.find_last_of('/') + 1), where.line);
}

std::string text_line(Time at, Level level, std::string_view message, Where where) {
  return fmt::format("{:%F %T} {} [{}]: {}\n", floor<seconds>(at), name(level), location(where),
                     printable_line(message));
}

std::string json_line(Time at, Level level, std::string_view message, Where where, const LogFields& fields) {
  const auto fraction = floor<milliseconds>(at) - floor<seconds>(at);
  nlohmann::ordered_json line{{"ts", fmt::format("{:%FT%T}.{:03}Z", floor<seconds>(at), fraction.count())},
                              {"level", name(level)},
                              {"location", location(where)},
                              {"msg", message}};
  const auto add = [&line](const char* name, const auto& value) {
    if (value != std::decay_t<decltype(value)>{}) line[name] = value;
  };
  add("delivery", fields.delivery);
  add("entity", fields.entity);
  add("object", fields.object);
  add("step", fields.step);
  add("code", fields.code);
  add("exit_code", fields.exit_code);
  // These escapes are valid JSON with the same meaning.
  return printable(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + "\n";
}

// One call and thus one write, so that the lines of two processes on one pipe don't mix.
void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t usual = 80;
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : usual;
}

}  // namespace

std::vector<LogEntry> recent_errors() {
  const std::lock_guard lock(mutex);
  return {last_errors.begin(), last_errors.end()};
}

void configure(Level level, Form form) {
  threshold = level;
  form_of_lines = form;
  const char* const kind = std::getenv("TERM");
  const std::string_view terminal = kind != nullptr ? kind : "";
  on_terminal = form == Form::Text && ::isatty(STDERR_FILENO) == 1 && !terminal.empty() && terminal != "dumb";
}

bool shows_progress() { return on_terminal; }

void show_progress(std::string_view text) {
  if (!shows_progress()) return;
  const std::lock_guard lock(mutex);
  progress = shortened(text, terminal_width() - 1);  // a line that wraps can't be overwritten
  print(fmt::format("{}{}", clear_line, progress));
}

void end_progress() {
  const std::lock_guard lock(mutex);
  if (progress.empty()) return;
  progress.clear();
  print(std::string(clear_line));
}

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

namespace {

void write(Level level, std::string_view message, std::string_view public_message, Where where,
           const LogFields& fields) {
  const auto at = peo::now();
  const auto line = form_of_lines.load(std::memory_order_relaxed) == Form::Json
                        ? json_line(at, level, message, where, fields)
                        : text_line(at, level, message, where);
  const std::lock_guard lock(mutex);
  if (level >= Level::Warning) {
    constexpr std::size_t longest = 1000;
    last_errors.push_front({at, level, shortened(message, longest), shortened(public_message, longest)});
    if (last_errors.size() > most_recent_errors) last_errors.pop_back();
  }
  print(progress.empty() ? line : fmt::format("{}{}{}", clear_line, line, progress));
}

}  // namespace

void write(Level level, std::string_view message, Where where, const LogFields& fields) {
  write(level, message, message, where, fields);
}

void warning(const ErrorText& text, const char* file, int line) {
  if (enabled(Level::Warning))
    write(Level::Warning, text.whole, text.without_values, {file, line}, text.fields);
}

void error(const ErrorText& text, const char* file, int line) {
  if (enabled(Level::Error)) write(Level::Error, text.whole, text.without_values, {file, line}, text.fields);
}

}  // namespace peo::log
