// `replay KEY…` and `skip KEY… --reason WHY`: what an operator wants to become of single files.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/delivery.hpp"

namespace peo::config {

struct RequestArguments {
  Request::Verb verb = Request::Verb::Replay;
  std::vector<std::string> keys;  // with or without bucket_path
  std::string reason;
  bool json = false;
};

// The words behind the program's name. None: another verb. Text: the help that was asked for. Wrong usage: an
// Error with ExitCode::CommandLine.
std::optional<std::variant<RequestArguments, std::string>> request_arguments(
    const std::vector<std::string>& words);

}  // namespace peo::config
