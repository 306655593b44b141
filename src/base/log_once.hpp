// What a log says once, however often it is so. Bounded: when very much has been said, nothing more is. One
// thread.
#pragma once
#include <cstddef>
#include <set>
#include <string>

namespace peo {

class LogOnce {
 public:
  // Whether it is to be said now.
  bool first_time(const std::string& what) { return said_.size() < most && said_.insert(what).second; }

 private:
  static constexpr std::size_t most = 10'000;
  std::set<std::string> said_;
};

}  // namespace peo
