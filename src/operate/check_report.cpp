#include "operate/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "operate/format.hpp"

namespace peo::operate {
namespace {

const char* word(State state) {
  switch (state) {
    case State::Good:
      return "ok";
    case State::Warning:
      return "warning";
    case State::Problem:
      return "problem";
  }
  return "problem";
}

}  // namespace

void CheckReport::good(std::string area, std::string text) {
  all_.push_back({State::Good, std::move(area), std::move(text), "", ExitCode::Done});
}

void CheckReport::warning(std::string area, std::string text, std::string hint) {
  all_.push_back({State::Warning, std::move(area), std::move(text), std::move(hint), ExitCode::Done});
}

void CheckReport::problem(std::string area, const Error& error) {
  const Error without_hint(error.kind(), error.exit_code(), error.what(), "");
  auto text = Error(without_hint).at(error.place()).with_sqlstate(error.sqlstate()).describe();
  all_.push_back({State::Problem, std::move(area), std::move(text), error.hint(), error.exit_code()});
}

bool attempt(CheckReport& report, const std::string& area, const std::function<void()>& test) {
  try {
    test();
    return true;
  } catch (const Error& error) {
    report.problem(area, error);
    return false;
  }
}

ExitCode CheckReport::exit_code() const {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [](const CheckResult& finding) { return finding.state == State::Problem; });
  return found == all_.end() ? ExitCode::Done : found->exit_code;
}

std::string CheckReport::text() const {
  std::string lines;
  std::size_t problems = 0;
  std::size_t warnings = 0;
  for (const auto& finding : all_) {
    lines += fmt::format("{:<8} {:<9} {}{}{}\n", word(finding.state), finding.area, finding.text,
                         finding.hint.empty() ? "" : " ", finding.hint);
    problems += finding.state == State::Problem ? 1U : 0U;
    warnings += finding.state == State::Warning ? 1U : 0U;
  }
  if (problems == 0 && warnings == 0) return lines + "No problems found.\n";
  return lines + fmt::format("{}, {}.\n", count_text(problems, "problem"), count_text(warnings, "warning"));
}

nlohmann::ordered_json CheckReport::json() const {
  auto list = nlohmann::ordered_json::array();
  for (const auto& finding : all_) {
    list.push_back({{"state", word(finding.state)},
                    {"area", finding.area},
                    {"text", finding.text},
                    {"hint", finding.hint}});
  }
  return {{"ok", exit_code() == ExitCode::Done},
          {"exit_code", static_cast<int>(exit_code())},
          {"findings", std::move(list)}};
}

}  // namespace peo::operate
