#include "config/request_arguments.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace peo::config {
namespace {

constexpr const char* help =
    R"(What should become of single files. KEY is the object's key as the log
shows it.

Usage:
  paper-engine-orders replay KEY... [--reason WHY] [--json]
      Take the file again, or now, if it is held or was skipped or
      quarantined: what later files of its table say of its keys
      stands, the rest is applied. What it has given already is not
      counted twice.

  paper-engine-orders skip KEY... --reason WHY [--json]
      Record the file as skipped; the loader goes on behind it. A file
      that is loaded can't be skipped.

Both put a request into the target (the table loader_requests). The
loader takes it at its next look at the bucket: a running service by
itself, else the next run. --json: what was asked for as one JSON
object.
)";

Error wrong_usage(const std::string& what) {
  return {ErrorKind::Fatal, ExitCode::CommandLine, what + "; see replay --help", {}};
}

}  // namespace

std::optional<std::variant<RequestArguments, std::string>> request_arguments(
    const std::vector<std::string>& words) {
  if (words.empty() || (words[0] != "replay" && words[0] != "skip")) return std::nullopt;
  RequestArguments arguments;
  arguments.verb = words[0] == "skip" ? Request::Verb::Skip : Request::Verb::Replay;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "-h" || word == "--help") return std::string(help);
    if (word == "--json") {
      arguments.json = true;
    } else if (word == "--reason") {
      if (++i == words.size()) throw wrong_usage("--reason takes a text");
      arguments.reason = words[i];
    } else if (word.starts_with("--reason=")) {
      arguments.reason = word.substr(9);
    } else if (word.starts_with('-')) {
      throw wrong_usage(fmt::format("{} doesn't know the option {}", words[0], shortened(word, 40)));
    } else {
      arguments.keys.push_back(word);
    }
  }
  if (arguments.keys.empty()) throw wrong_usage(fmt::format("{0} needs a file: {0} KEY", words[0]));
  if (arguments.verb == Request::Verb::Skip && arguments.reason.empty())
    throw wrong_usage("skip needs a reason, for whoever reads the ledger later: skip KEY --reason WHY");
  if (arguments.reason.empty()) arguments.reason = "an operator asked for it";
  return arguments;
}

}  // namespace peo::config
