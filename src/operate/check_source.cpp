#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "base/change_message.hpp"
#include "base/names_text.hpp"
#include "operate/check.hpp"
#include "operate/format.hpp"
#include "operate/state.hpp"
#include "source/object_name.hpp"
#include "source/source_level.hpp"

namespace peo::operate {
namespace {

constexpr double most_skew = 60;  // seconds; S3 rejects a signature that is 15 minutes off

source::ListPage folders_of(source::Source& source, const std::string& prefix) {
  return source.list({.prefix = prefix, .delimited = true, .start_after = {}, .continuation = {}});
}

// Some object under the prefix; none if the first pages have none.
std::optional<ObjectInfo> an_object(source::Source& source, const std::string& prefix) {
  source::ListRequest request{.prefix = prefix, .delimited = false, .start_after = {}, .continuation = {}};
  for (int page = 0; page < 3; ++page) {
    auto listed = source.list(request);
    for (auto& object : listed.objects) {
      if (object.size != 0) return std::move(object);
    }
    request.continuation = listed.next;
    if (request.continuation.empty()) break;
  }
  return std::nullopt;
}

void read_one(CheckReport& report, source::Source& source, const std::string& prefix) {
  const auto object = an_object(source, prefix);
  if (!object) {
    report.warning("source",
                   fmt::format("{} has no files, so reading was not tested.", source.full_key(prefix)),
                   "Check that the replication task has written files.");
    return;
  }
  std::array<char, 1> byte{};
  const auto stream = source.open(*object, 0);
  stream->read(byte);
  report.good("source", fmt::format("Files can be read; tested with {}.",
                                    shortened(source.full_key(object->key), 200)));
}

// Whether the tables are one or more levels deeper, or higher, than bucket_path says. Of the first few
// prefixes.
void check_level(CheckReport& report, source::Source& source, const BucketPrefixes& found) {
  constexpr std::size_t most = 5;
  std::optional<source::WrongLevel> first;
  for (std::size_t i = 0; i < std::min(most, found.prefixes.size()); ++i) {
    auto wrong = source::find_wrong_level(source, found.prefixes[i]);
    if (!wrong) return;
    if (!first) first = std::move(wrong);
  }
  report.warning("source", first->text() + ".", first->hint());
}

void check_transactions(CheckReport& report, source::Source& source, const std::string& prefix) {
  const auto is_one = [&](const ObjectInfo& object) {
    return std::holds_alternative<source::TransactionName>(
        source::parse_object_name(std::string_view(object.key).substr(prefix.size())));
  };
  const auto page = folders_of(source, prefix);
  const auto found = std::find_if(page.objects.begin(), page.objects.end(), is_one);
  if (found == page.objects.end()) {
    report.warning("source", fmt::format("{} has no transaction files.", source.full_key(prefix)),
                   "Check that CDC_PATH equals the CdcPath of the replication task, and that the task has "
                   "written files.");
    return;
  }
  report.good("source", fmt::format("{} has transaction files, such as {}.", source.full_key(prefix),
                                    found->key.substr(prefix.size())));
}

}  // namespace

BucketPrefixes check_source(CheckReport& report, source::Source& source, const std::string& transactions) {
  if (!transactions.empty()) check_transactions(report, source, transactions);
  auto found = bucket_prefixes(source, transactions);
  for (const auto& [prefix, error] : found.refused)
    report.warning(
        "source",
        fmt::format("Nothing below {} is loaded: {}.", shortened(source.full_key(prefix), 300), error.what()),
        error.hint());
  const auto tables = found.names();
  if (tables.empty()) {
    const auto wrong = source::find_wrong_level(source, "");
    report.warning(
        "source",
        fmt::format("{} can be listed, but has no prefix <schema>/<table>/{}.", source.describe(),
                    wrong ? ": " + wrong->text() : ""),
        wrong ? wrong->hint() : "Check bucket_path: it must be the part of the key before <schema>/.");
    return found;
  }
  check_level(report, source, found);
  report.good("source", fmt::format("{} can be listed; {}: {}.", source.describe(),
                                    count_text(tables.size(), "table"), names_text(tables)));
  read_one(report, source, found.prefixes.front());
  return found;
}

void check_clock(CheckReport& report, const std::string& date) {
  if (date.empty()) return;
  const auto there = curl_getdate(date.c_str(), nullptr);
  if (there < 0) return;
  const auto skew = std::difftime(std::time(nullptr), there);
  if (std::abs(skew) <= most_skew) {
    report.good("source",
                fmt::format("The clocks of this machine and of the bucket's server agree within {:.0f} s.",
                            std::max(1.0, std::abs(skew))));
    return;
  }
  report.warning("source",
                 fmt::format("This machine's clock is {} {} the bucket's server.",
                             seconds_text(std::abs(skew)), skew > 0 ? "ahead of" : "behind"),
                 "Synchronize the clock (NTP): S3 rejects requests that are 15 minutes off.");
}

void check_state(CheckReport& report, const Status& status) {
  const auto state = state_of(status);
  const bool needs_action = !state.hint.empty() || state.word == "unknown";
  const auto text = fmt::format("State: {}", text_of(state));
  needs_action ? report.warning("loading", text, state.hint) : report.good("loading", text);
  // The hint of the state is that of its most urgent reason.
  if (state.word != "ignored" && !status.unmatched.empty())
    report.warning("loading", source::unmatched_text(status.unmatched) + "; the files there are ignored.",
                   source::unmatched_hint);
}

void check_notifier(CheckReport& report, notifier::Notifier& notifier) {
  attempt(report, "notifier", [&] { report.good("notifier", notifier.check(std::string(change_subject))); });
}

}  // namespace peo::operate
