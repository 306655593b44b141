// The last warnings and errors that this process logged. Bounded; any thread. `text` is the text in the log,
// which may quote a row; `public_text` is the same without a row's values, for a page. Neither contains
// secrets.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/object.hpp"

namespace peo::log {

inline constexpr std::size_t most_recent_errors = 30;

struct LogEntry {
  Time at{};
  Level level = Level::Warning;
  std::string text, public_text;
};

std::vector<LogEntry> recent_errors();  // the newest first

}  // namespace peo::log
