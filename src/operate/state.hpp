// The state of a running loader in a word, and why in a sentence. Pure function.
#pragma once
#include <chrono>
#include <string>

#include "base/object.hpp"

namespace peo::operate {

struct ProcessNow;

struct StateWord {
  std::string word;  // "starting", "standing by", "caught up", "behind", "stuck", "stopping"
  std::string why;
};

// `trouble`: the newest error or warning; empty when there is none. `holder`: who holds the target; empty
// when that is not known.
StateWord state_of(const ProcessNow& now, const std::string& trouble, const std::string& holder, Time time,
                   std::chrono::seconds behind_after);

}  // namespace peo::operate
