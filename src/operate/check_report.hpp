// The results of the command check: one line each, with a hint for each problem.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace peo::operate {

enum class State { Good, Warning, Problem };

struct CheckResult {
  State state = State::Good;
  std::string area;  // source, target, notifier, settings
  std::string text;  // what was found
  std::string hint;  // what to do; empty if nothing needs to be done
  ExitCode exit_code = ExitCode::Done;
};

class CheckReport {
 public:
  void good(std::string area, std::string text);
  void warning(std::string area, std::string text, std::string hint);
  void problem(std::string area, const Error& error);

  const std::vector<CheckResult>& all() const { return all_; }
  ExitCode exit_code() const;  // of the first problem; Done when there is none

  std::string text() const;
  nlohmann::ordered_json json() const;

 private:
  std::vector<CheckResult> all_;
};

// Runs `test`; an Error becomes a problem of the area. False: there was one.
bool attempt(CheckReport& report, const std::string& area, const std::function<void()>& test);

}  // namespace peo::operate
