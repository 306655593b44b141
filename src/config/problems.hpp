// Collects the errors in the settings, so that the user sees all of them at once. Must not contain secrets.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace peo::config {

class Problems {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  bool empty() const { return texts_.empty(); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

}  // namespace peo::config
