#include "operate/status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.hpp"
#include "operate/citus_report.hpp"
#include "operate/format.hpp"
#include "operate/state.hpp"

namespace peo::operate {
namespace {

constexpr double hour = 3600;
constexpr std::size_t most_incomplete = 20;

std::string waiting_text(const Status& status, std::uint64_t files, std::uint64_t bytes,
                         const std::optional<Time>& oldest) {
  if (files == 0) return "none";
  return fmt::format("{}, {}{}", count_text(files, "file"), bytes_text(bytes),
                     oldest ? ", oldest " + seconds_text(seconds_between(*oldest, status.now)) : "");
}

std::string messages_text(const Status& status) {
  if (!status.outbox) return status.target_trouble ? "unknown" : "none yet";
  const auto& [waiting, since] = *status.outbox;
  if (waiting == 0) return "all sent";
  return fmt::format("{} unsent{}", waiting,
                     since ? ", oldest " + seconds_text(seconds_between(*since, status.now)) : "");
}

std::string quarantined_cell(const Quarantined& quarantined) {
  if (!quarantined.any()) return "none";
  if (quarantined.rows == 0) return count_text(quarantined.files, "file");
  return (quarantined.files == 0 ? "" : count_text(quarantined.files, "file") + ", ") +
         count_text(quarantined.rows, "row");
}

// "7200 rows, 2/s"; below one row per second, the number says more.
std::string last_hour_text(std::uint64_t rows) {
  const auto per_second = static_cast<double>(rows) / hour;
  return count_text(rows, "row") + (per_second < 1 ? "" : fmt::format(", {:.0f}/s", per_second));
}

nlohmann::ordered_json backlog_json(const Status& status, const source::Backlog& backlog) {
  nlohmann::ordered_json json{{"files", backlog.files}, {"bytes", backlog.bytes}};
  json["oldest"] = backlog.oldest ? nlohmann::ordered_json(iso_time(*backlog.oldest)) : nullptr;
  json["oldest_seconds"] =
      backlog.oldest ? nlohmann::ordered_json(seconds_between(*backlog.oldest, status.now)) : nullptr;
  return json;
}

nlohmann::ordered_json delivery_json(const PastDelivery& delivery) {
  return {{"delivery_id", delivery.delivery_id},
          {"key", delivery.object_key},
          {"kind", delivery.kind},
          {"status", delivery.status},
          {"finished_at", iso_time(delivery.finished_at)},
          {"rows", delivery.rows_read},
          {"effects", row_counts_json(delivery.effects)},
          {"seconds", delivery.seconds}};
}

nlohmann::ordered_json entity_json(const Status& status, const EntityStatus& entity) {
  nlohmann::ordered_json json;
  json["last_delivery"] = entity.last ? delivery_json(*entity.last) : nlohmann::ordered_json(nullptr);
  json["backlog"] = entity.backlog ? backlog_json(status, *entity.backlog) : nlohmann::ordered_json(nullptr);
  const auto& reason = entity.held.reason;
  const auto& hint = entity.held.hint;
  json["held"] = reason.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(reason);
  json["held_hint"] = hint.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(hint);
  json["deliveries"] = entity.sums.deliveries;
  json["deliveries_not_loaded"] = entity.sums.not_loaded;
  json["rows_read"] = entity.sums.rows_read;
  json["rejected"] = entity.sums.rejected;
  json["quarantined"] = {{"files", entity.quarantined.files}, {"rows", entity.quarantined.rows}};
  json["effects"] = row_counts_json(entity.sums.effects);
  json["last_hour"] = {{"files", entity.files_last_hour},
                       {"rows", entity.rows_last_hour},
                       {"rows_per_second", static_cast<double>(entity.rows_last_hour) / hour}};
  return json;
}

}  // namespace

void read_ledger(Status& status, LedgerReader& ledger) {
  status.loaded_before = ledger.open();
  if (!status.loaded_before) return;
  status.loader = ledger.active_loader();
  status.outbox = ledger.outbox();
  status.last_full_listing = ledger.last_full_listing();
  for (auto& [name, sums] : ledger.sums()) {
    auto& entity = status.entities[name];
    entity.sums = sums;
    const auto last = ledger.last(1, name);
    if (!last.empty()) entity.last = last.front();
  }
  std::vector<std::string> names;
  for (const auto& [name, entity] : status.entities) names.push_back(name);
  if (const auto citus = ledger.citus(names)) status.cluster = citus_text(*citus);
  for (const auto& [name, quarantined] : ledger.quarantined())
    status.entities[name].quarantined = quarantined;
  for (const auto& [name, hold] : ledger.holds()) {
    status.entities[name].held = {.reason = text_of(hold), .hint = hold.hint};
  }
  status.incomplete = ledger.incomplete(most_incomplete);
  for (const auto& minute : ledger.minutes(0, hour)) {
    auto& entity = status.entities[minute.entity];
    entity.rows_last_hour += minute.rows;
    entity.files_last_hour += minute.files;
  }
}

void add_backlog(Status& status, const source::Discovered& found, LateFiles late_files) {
  status.bucket_listed = true;
  status.unmatched = found.unmatched;
  status.parquet = found.parquet;
  // A listing of new files shows fewer of them than the loader has seen.
  const auto& page = status.process;
  if (page) status.parquet.files = std::max(status.parquet.files, page->value("ignored_parquet_files", 0UL));
  const auto unknown = found.ignored.find(source::Ignored::UnknownFile);
  if (unknown != found.ignored.end()) status.unknown_files = unknown->second;
  for (const auto& [name, backlog] : found.backlog) {
    if (!found.unlistable.contains(name)) status.entities[name].backlog = backlog;
  }
  for (const auto& held : found.held) {
    // The first reason counts, as in a loader.
    auto& text = status.entities[held.entity].held;
    if (!text.reason.empty()) continue;
    text.reason = text_of(Hold{.object_key = held.object_key, .etag = {}, .reason = held.reason, .hint = {}});
    text.hint = held.hint;
  }
  for (const auto& due : found.due) {
    if (due.arrival == Arrival::Late) status.late_files.insert(due.object.key);
    auto& held = status.entities[due.entity].held;
    const bool out_of_order = due.arrival == Arrival::Late || due.arrival == Arrival::Rewritten;
    if (late_files != LateFiles::Hold || !out_of_order || due.request || !held.reason.empty()) continue;
    held.reason = fmt::format("{}: it {} (LATE_FILES=hold)", shortened(due.object.key, 300),
                              due.arrival == Arrival::Late ? "arrived late" : "was rewritten");
  }
}

bool read_page(Status& status) {
  if (!status.process) return false;
  try {
    const auto& page = *status.process;
    page.at("state").get<std::string>();
    if (const auto& unsent = page.at("unsent_messages"); !unsent.is_null())
      status.outbox = Outbox{unsent.get<std::uint64_t>(), std::nullopt};
    status.unmatched = page.at("ignored_folders").get<std::vector<std::string>>();
    if (const auto& time = page.at("backlog_at"); time.is_string())
      status.backlog_at = time.get<std::string>();
    for (const auto& [name, of_page] : page.at("entities").items()) {
      auto& entity = status.entities[name];
      of_page.at("deliveries").get_to(entity.sums.deliveries);
      of_page.at("rows_read").get_to(entity.sums.rows_read);
      of_page.at("rows_last_hour").get_to(entity.rows_last_hour);
      of_page.at("quarantined").at("files").get_to(entity.quarantined.files);
      of_page.at("quarantined").at("rows").get_to(entity.quarantined.rows);
      if (const auto& held = of_page.at("held"); held.is_string()) held.get_to(entity.held.reason);
      if (const auto& hint = of_page.at("held_hint"); hint.is_string()) hint.get_to(entity.held.hint);
      if (of_page.at("backlog").is_null()) continue;
      auto& backlog = entity.backlog.emplace();
      of_page.at("backlog").at("files").get_to(backlog.files);
      of_page.at("backlog").at("bytes").get_to(backlog.bytes);
    }
  } catch (const nlohmann::json::exception&) {  // another program, or another version
    return false;
  }
  return true;
}

std::string status_text(const Status& status) {
  const auto state = state_of(status);
  auto text = fmt::format("paper-engine-orders {}\n", version);
  std::vector<std::vector<std::string>> head{
      {"State", text_of(state)}, {"Source", status.source}, {"Target", status.target}};
  if (!status.cluster.empty()) head.push_back({"Cluster", status.cluster});
  head.push_back({"Loader", status.loader ? "active: " + *status.loader : "none is active"});
  if (status.target_trouble) {
    head.back() = {
        "Loader",
        fmt::format(
            "running; the following is from its status page{}",
            status.backlog_at.empty() ? "" : ", and the backlog from its last poll at " + status.backlog_at)};
  }
  if (status.process && status.process->contains("state"))
    head.push_back(
        {"Status page", status.process->value("state", "") + ": " + status.process->value("why", "")});
  if (!status.no_page.empty() && status.loader) head.push_back({"Status page", status.no_page});
  head.push_back({"Messages", messages_text(status)});
  text += columns_text(head);
  const std::string none = status.target_trouble ? "unknown" : "-";
  std::vector<std::vector<std::string>> table{
      {"Entity", "Last delivery", "When", "Deliveries", "Rows read", "Backlog", "Quarantined", "Last hour"}};
  for (const auto& [name, entity] : status.entities) {
    table.push_back(
        {shortened(name),
         entity.last ? fmt::format("{} {}", entity.last->delivery_id, shortened(entity.last->object_key, 100))
                     : none,
         entity.last ? seconds_text(seconds_between(entity.last->finished_at, status.now)) + " ago" : none,
         std::to_string(entity.sums.deliveries), std::to_string(entity.sums.rows_read),
         entity.backlog
             ? waiting_text(status, entity.backlog->files, entity.backlog->bytes, entity.backlog->oldest)
             : none,
         quarantined_cell(entity.quarantined), last_hour_text(entity.rows_last_hour)});
  }
  if (table.size() > 1) text += "\n" + columns_text(table);
  for (const auto& [name, entity] : status.entities) {
    if (entity.held.reason.empty()) continue;
    text += fmt::format("\nHeld: {}: {}.{}{}\n", name, entity.held.reason,
                        entity.held.hint.empty() ? "" : " ", entity.held.hint);
  }
  for (const auto& file : status.incomplete) {
    text += fmt::format("\n{}: {} (delivery {}){}\n",
                        file.rejected == 0 ? "Quarantined" : "Rejected " + count_text(file.rejected, "row"),
                        shortened(file.object_key, 300), file.delivery_id,
                        file.reason.empty() ? "" : ": " + printable_line(file.reason));
  }
  for (const auto& one : ignored_objects(facts_of(status))) {
    const bool prefixes = one.reason == "folder_without_table" && status.bucket_listed;
    text += fmt::format("\nIgnored: {}{}. {}.\n", one.what,
                        prefixes ? " with " + count_text(status.ignored) : "", one.why);
  }
  if (status.target_trouble)
    text += fmt::format("\nThe target can't be queried: {}\n", *status.target_trouble);
  auto hint = state.hint;
  // The files are listed above.
  if (hint.starts_with(list_files_hint)) hint.erase(0, std::string_view(list_files_hint).size());
  // The hints of held tables are printed with the tables.
  if (!hint.empty() && state.word != "held" && text.find(hint) == std::string::npos)
    text += "\n" + hint + "\n";
  if (status.bucket_trouble)
    text += fmt::format("\nThe backlog can't be determined: {}\n", *status.bucket_trouble);
  if (status.process && status.process->contains("errors") && !status.process->at("errors").empty()) {
    // Whether the cause still exists, the state says.
    text += "\nPast warnings and errors of the running loader, the newest first:\n";
    for (const auto& error : status.process->at("errors")) {
      text +=
          fmt::format("{} {} {}\n", error.value("at", ""), error.value("level", ""), error.value("text", ""));
    }
  }
  return text;
}

nlohmann::ordered_json status_json(const Status& status) {
  nlohmann::ordered_json json;
  const auto state = state_of(status);
  json["state"] = state.word;
  json["why"] = state.why;
  json["hint"] = state.hint;
  json["at"] = iso_time(status.now);
  json["source"] = status.source;
  json["target"] = status.target;
  json["cluster"] =
      status.cluster.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(status.cluster);
  json["loader"] = status.loader ? nlohmann::ordered_json(*status.loader) : nlohmann::ordered_json(nullptr);
  json["unsent_messages"] =
      status.outbox ? nlohmann::ordered_json(status.outbox->waiting) : nlohmann::ordered_json(nullptr);
  json["target_trouble"] = status.target_trouble ? nlohmann::ordered_json(*status.target_trouble)
                                                 : nlohmann::ordered_json(nullptr);
  json["bucket_trouble"] = status.bucket_trouble ? nlohmann::ordered_json(*status.bucket_trouble)
                                                 : nlohmann::ordered_json(nullptr);
  json["ignored"] = ignored_json(status.unmatched, status.ignored, status.parquet);
  auto incomplete = nlohmann::ordered_json::array();
  for (const auto& file : status.incomplete) {
    incomplete.push_back({{"key", file.object_key},
                          {"entity", file.entity},
                          {"delivery_id", file.delivery_id},
                          {"rejected_rows", file.rejected},
                          {"reason", file.reason}});
  }
  json["quarantined"] = std::move(incomplete);
  auto entities = nlohmann::ordered_json::object();
  for (const auto& [name, entity] : status.entities) entities[name] = entity_json(status, entity);
  json["entities"] = std::move(entities);
  json["process"] = status.process ? *status.process : nlohmann::ordered_json(nullptr);
  return json;
}

}  // namespace peo::operate
