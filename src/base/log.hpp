// The log: one line per event, on standard error, in this format, which is part of the contract with users:
//   2022-09-22 09:58:53 INFO [loader.cpp:370]: Delivery 24: …
// Times are UTC. The code location is the caller's. Any thread may log. Line breaks in a message are escaped
// as \n, so that an event stays one line. Never log a secret or, above debug, a row's values.
//
//   log::info("Delivery {}: persisted to postgres.", id);
#pragma once
#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/log_fields.hpp"

namespace peo {
struct ErrorText;
}

namespace peo::log {

enum class Level { Debug, Info, Warning, Error };
enum class Form { Text, Json };

// Call once, at start; the defaults are text and info.
void configure(Level level, Form form);
bool enabled(Level level);

// A progress line at the bottom of the terminal, below the log's lines. Only if standard error is a terminal
// and the log format is text; otherwise these do nothing.
bool shows_progress();
void show_progress(std::string_view text);
void end_progress();

// The code location of a log line. (std::source_location needs a newer clang than clang-tidy 14's.)
struct Where {
  const char* file;
  int line;
};
void write(Level level, std::string_view message, Where where, const LogFields& fields = {});

// For an error that may quote a row; recent_errors() doesn't contain the row.
void warning(const ErrorText& text, const char* file = __builtin_FILE(), int line = __builtin_LINE());
void error(const ErrorText& text, const char* file = __builtin_FILE(), int line = __builtin_LINE());

// A format string with its code location.
template <typename... Args>
struct Located {
  fmt::format_string<Args...> format;
  Where where;
  template <std::convertible_to<std::string_view> Text>
  consteval Located(const Text& text, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : format(text), where{file, line} {}
};

template <typename... Args>
void debug(Located<std::type_identity_t<Args>...> text, Args&&... args) {
  if (enabled(Level::Debug))
    write(Level::Debug, fmt::format(text.format, std::forward<Args>(args)...), text.where);
}
template <typename... Args>
void info(Located<std::type_identity_t<Args>...> text, Args&&... args) {
  if (enabled(Level::Info))
    write(Level::Info, fmt::format(text.format, std::forward<Args>(args)...), text.where);
}
// For an event of a delivery or a table; `fields` are added to a JSON line.
template <typename... Args>
void info(const LogFields& fields, Located<std::type_identity_t<Args>...> text, Args&&... args) {
  if (enabled(Level::Info))
    write(Level::Info, fmt::format(text.format, std::forward<Args>(args)...), text.where, fields);
}
template <typename... Args>
void warning(const LogFields& fields, Located<std::type_identity_t<Args>...> text, Args&&... args) {
  if (enabled(Level::Warning))
    write(Level::Warning, fmt::format(text.format, std::forward<Args>(args)...), text.where, fields);
}
template <typename... Args>
void warning(Located<std::type_identity_t<Args>...> text, Args&&... args) {
  if (enabled(Level::Warning)) {
    write(Level::Warning, fmt::format(text.format, std::forward<Args>(args)...), text.where);
  }
}
template <typename... Args>
void error(Located<std::type_identity_t<Args>...> text, Args&&... args) {
  if (enabled(Level::Error))
    write(Level::Error, fmt::format(text.format, std::forward<Args>(args)...), text.where);
}

}  // namespace peo::log
