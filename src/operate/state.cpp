#include "operate/state.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/hold.hpp"
#include "base/names_text.hpp"
#include "operate/format.hpp"
#include "operate/status.hpp"
#include "operate/status_collector.hpp"
#include "source/discover.hpp"

namespace peo::operate {
namespace {

using json_t = nlohmann::ordered_json;

constexpr const char* quarantined_hint =
    "Correct the file or the table and load the file with paper-engine-orders replay KEY, or leave it out "
    "with "
    "skip KEY --reason WHY.";
constexpr const char* unsent_hint = "Test the connection to NATS with paper-engine-orders check.";

std::string quarantined_text(const std::map<std::string, Quarantined>& quarantined) {
  std::string text;
  for (const auto& [entity, one] : quarantined) {
    if (one.files != 0)
      text += fmt::format("{}{} of {} {} quarantined", text.empty() ? "" : ", ",
                          count_text(one.files, "file"), shortened(entity), one.files == 1 ? "is" : "are");
    if (one.rows != 0)
      text += fmt::format("{}{} of {} {} rejected", text.empty() ? "" : ", ", count_text(one.rows, "row"),
                          shortened(entity), one.rows == 1 ? "is" : "are");
  }
  return text + ".";
}

// With several tables, each has its own hint, which the page and status show with the table.
std::string held_hint(const HeldTexts& held) {
  if (held.size() > 1)
    return "Each of the held tables has its own hint: paper-engine-orders status lists them.";
  const auto& own = held.begin()->second.hint;
  return own.empty() ? general_hold_hint : own;
}

// A file whose name sorts far before the loaded ones is found by a full listing only: until then, "all files
// are loaded" may be wrong.
std::string all_loaded_text(const Facts& facts, Time time) {
  const std::string text = "All files found are loaded; ";
  if (!facts.last_full_listing) return text + "the whole bucket has not been listed yet.";
  return text + fmt::format("the whole bucket was last listed {} ago.",
                            seconds_text(seconds_between(*facts.last_full_listing, time)));
}

std::string held_text(const HeldTexts& held) {
  const auto& [entity, text] = *held.begin();
  return fmt::format("Nothing more is loaded into {}{}: {}.", shortened(entity),
                     held.size() == 1 ? "" : " and " + count_text(held.size() - 1, "other table"),
                     text.reason);
}

struct Backlog {
  std::uint64_t files = 0, bytes = 0;
};

Backlog backlog_of(const Facts& facts) {
  Backlog all;
  for (const auto& [entity, waiting] : facts.backlog) {
    all.files += waiting.files;
    all.bytes += waiting.bytes;
  }
  return all;
}

std::string backlog_text(const Backlog& all, const std::optional<double>& age) {
  return fmt::format("{} {} waiting, {}{}.", count_text(all.files, "file"), all.files == 1 ? "is" : "are",
                     bytes_text(all.bytes), age ? ", the oldest written " + seconds_text(*age) + " ago" : "");
}

// A text of the status page of this target's loader; empty: there is no response.
std::string text_of_page(const Status& status, const char* name) {
  if (!status.process) return {};
  const auto found = status.process->find(name);
  return found != status.process->end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Facts facts_of(const Status& status) {
  Facts facts;
  for (const auto& [name, entity] : status.entities) {
    if (!entity.held.reason.empty()) facts.held[name] = entity.held;
    if (entity.quarantined.any()) facts.quarantined[name] = entity.quarantined;
    if (!entity.backlog) continue;
    facts.backlog[name] = {entity.backlog->files, entity.backlog->bytes};
    const auto& oldest = entity.backlog->oldest;
    if (oldest) facts.oldest_waiting = std::min(facts.oldest_waiting.value_or(*oldest), *oldest);
  }
  facts.unmatched = status.unmatched;
  facts.parquet = status.parquet;
  facts.ignored[metrics::IgnoredObject::UnknownFile] = status.unknown_files;
  facts.last_full_listing = status.last_full_listing;
  if (status.outbox) facts.unsent_messages = status.outbox->waiting;
  facts.lock_wait = text_of_page(status, "lock_wait");
  return facts;
}

std::vector<IgnoredObjects> ignored_objects(const Facts& facts) {
  std::vector<IgnoredObjects> list;
  if (!facts.unmatched.empty()) {
    const auto count = facts.unmatched.size();
    list.push_back({"folder_without_table", fmt::format("{} {}", count, count == 1 ? "prefix" : "prefixes"),
                    "No table of the target matches " + names_text(facts.unmatched)});
  }
  if (facts.parquet.files != 0) {
    auto why = facts.parquet.why;
    if (!why.empty() && why.front() >= 'a' && why.front() <= 'z') why.front() -= 'a' - 'A';
    list.push_back({"parquet_file", count_text(facts.parquet.files, "Parquet file"), std::move(why)});
  }
  const auto unknown = facts.ignored.find(metrics::IgnoredObject::UnknownFile);
  if (unknown != facts.ignored.end() && unknown->second != 0) {
    list.push_back({"unknown_file", count_text(unknown->second, "file"),
                    "The names are not those of full-load or change files; the log lists them"});
  }
  return list;
}

std::string text_of(const StateWord& state) {
  return state.word + (state.why.empty() ? "" : ": " + state.why);
}

StateWord state_of(const Facts& facts, Time time, std::optional<std::chrono::seconds> behind_after) {
  StateWord state;
  // The first one determines the word and the hint.
  const auto add = [&](const char* word, const std::string& sentence, const std::string& hint) {
    if (state.word.empty()) {
      state.word = word;
      state.hint = hint;
    }
    state.why += (state.why.empty() ? "" : " ") + sentence;
  };
  if (!facts.held.empty()) add("held", held_text(facts.held), held_hint(facts.held));
  if (!facts.quarantined.empty())
    add("quarantined", quarantined_text(facts.quarantined), std::string(list_files_hint) + quarantined_hint);
  const auto backlog = backlog_of(facts);
  std::optional<double> age;
  if (facts.oldest_waiting) age = seconds_between(*facts.oldest_waiting, time);
  const bool behind =
      backlog.files != 0 &&
      (!behind_after || age.value_or(0) > std::chrono::duration<double>(*behind_after).count());
  if (behind) add("behind", backlog_text(backlog, age), "");
  if (facts.unsent_messages != 0) {
    add("unsent",
        fmt::format("{} {} not published.", count_text(facts.unsent_messages, "message"),
                    facts.unsent_messages == 1 ? "is" : "are"),
        unsent_hint);
  }
  if (!facts.unmatched.empty()) {
    const auto text = source::unmatched_text(facts.unmatched);
    add("ignored", text + (text.ends_with("…") ? "" : "."), source::unmatched_hint);
  }
  if (facts.parquet.files != 0) add("ignored", text_of(facts.parquet) + ".", no_parquet_hint);
  if (!facts.lock_wait.empty())
    add("behind", fmt::format("A load is waiting for a lock on {}.", facts.lock_wait), "");
  if (state.word.empty()) state.word = "caught up";
  if (!behind && backlog.files != 0) add("caught up", backlog_text(backlog, age), "");
  if (state.why.empty()) state.why = all_loaded_text(facts, time);
  return state;
}

StateWord state_of(const ProcessNow& now, const std::string& holder, Time time,
                   std::chrono::seconds behind_after) {
  const auto& seen = now.metrics;
  if (now.stopping)
    return {"stopping", "A stop was requested; the loader finishes the current delivery first.", ""};
  if (now.idle_seconds > now.timeout_seconds)
    return {"stuck",
            fmt::format("The main loop has made no progress for {}.", seconds_text(now.idle_seconds)), ""};
  if (!seen.leader && !holder.empty()) {
    return {"standing by",
            fmt::format("Another loader is active: {}. This one takes over when it ends.", holder), ""};
  }
  if (!now.ready && !now.trouble.empty()) return {"stuck", now.trouble, ""};
  if (!now.ready && !seen.leader && !seen.last_poll)
    return {"starting", "Waiting for the bucket and the target.", ""};
  return state_of(seen, time, behind_after);
}

StateWord state_of(const Status& status) {
  if (const auto word = text_of_page(status, "state"); !word.empty()) {
    const bool of_process = word == "stuck" || word == "starting" || word == "stopping";
    // If the target is unreachable, only the loader knows its state.
    if (of_process || status.target_trouble)
      return {word, text_of_page(status, "why"), text_of_page(status, "hint")};
  }
  auto state = state_of(facts_of(status), status.now,
                        status.loader ? std::optional(status.behind_after) : std::nullopt);
  if (state.word == "held" || state.word == "quarantined") return state;
  if (status.bucket_trouble)
    return {"unknown", fmt::format("The backlog is unknown: {}", *status.bucket_trouble), ""};
  const bool nothing_wrong = state.word == "caught up" || state.word == "behind";
  if (!status.bucket_listed && nothing_wrong)
    return {status.loaded_before ? "unknown" : "not loaded yet", "The bucket was not listed.", ""};
  if (!status.loaded_before && nothing_wrong) state.word = "not loaded yet";
  return state;
}

}  // namespace peo::operate
