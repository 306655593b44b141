// Deduplicates log messages. Bounded: after very many different messages, it suppresses all others. One
// thread.
#pragma once
#include <cstddef>
#include <set>
#include <string>

namespace peo {

class LogOnce {
 public:
  // Whether to log it now.
  bool first_time(const std::string& what) { return said_.size() < most && said_.insert(what).second; }

 private:
  static constexpr std::size_t most = 10'000;
  std::set<std::string> said_;
};

}  // namespace peo
