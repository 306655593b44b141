// The last warnings and errors that were logged in this process, for a page that shows them. Bounded; any
// thread. What the log may hold, the page may: no secrets, no row's values.
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
  std::string text;
};

std::vector<LogEntry> recent_errors();  // the newest first

}  // namespace peo::log
