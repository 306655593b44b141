#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/change_message.hpp"
#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"
#include "source/object_name.hpp"
#include "target/ledger/operator_requests.hpp"

namespace peo::cli {
namespace {

struct RequestedObject {
  ObjectInfo object;
  std::optional<LedgerEntry> entry;
};

std::string user_name() {
  const char* const name = std::getenv("USER");
  return fmt::format("{}@{}", name != nullptr ? name : std::to_string(::getuid()), host_name());
}

// The object with this key. The log shows keys with bucket_path, the ledger shows them without.
ObjectInfo find_object(source::Source& source, std::string key) {
  const auto front = source.full_key("");
  if (!front.empty() && key.starts_with(front)) key.erase(0, front.size());
  while (key.starts_with('/')) key.erase(0, 1);
  const auto page = source.list({.prefix = key, .delimited = false, .start_after = {}, .continuation = {}});
  for (const auto& object : page.objects) {
    if (object.key == key) return object;
  }
  throw Error(ErrorKind::Fatal, ExitCode::BadInput,
              fmt::format("there is no object {} in {}", shortened(key, 300), source.describe()),
              "Copy the key from the log or from loader_deliveries. Nothing was requested.");
}

// A request for another object would be answered by the loader, where nobody sees it.
void check_name(const source::Source& source, const std::string& key) {
  const auto name = source::parse_object_name(std::string_view(key).substr(key.find_last_of('/') + 1));
  if (!std::holds_alternative<source::UnknownName>(name)) return;
  throw Error(ErrorKind::Fatal, ExitCode::BadInput,
              fmt::format("{} is not named like a full-load or change file, so it is never loaded",
                          shortened(source.full_key(key), 300)),
              "Copy the object to such a name (docs/architecture.md). Nothing was requested.");
}

// The entity that the object belongs to: its table, or the prefix of the transaction files.
std::string entity_of(const std::string& key, const TableNames& tables, const std::string& transactions) {
  if (!transactions.empty() && key.starts_with(transactions)) return transactions;
  const auto schema = key.find('/');
  const auto table = schema == std::string::npos ? schema : key.find('/', schema + 1);
  if (table == std::string::npos) return {};
  const auto* const found = tables.find(std::string_view(key).substr(0, schema),
                                        std::string_view(key).substr(schema + 1, table - schema - 1));
  return found == nullptr ? std::string() : *found;
}

std::string state_of(const std::optional<LedgerEntry>& entry) {
  if (!entry) return "not loaded yet";
  return fmt::format("{} as delivery {}{}", entry->loaded ? "loaded" : "skipped or quarantined",
                     entry->delivery_id,
                     entry->rejected == 0
                         ? ""
                         : fmt::format(" without {}", operate::count_text(entry->rejected, "rejected row")));
}

std::string asked_text(const target::Requests::Asked& asked, bool skip) {
  if (!asked.is_new) return fmt::format("request {} for this is already open", asked.number);
  if (!asked.replaced) return fmt::format("request {}", asked.number);
  return fmt::format("request {}, which replaces the open request {} to {} it", asked.number, *asked.replaced,
                     skip ? "replay" : "skip");
}

// The ledger keeps the reason for later readers.
std::string given_text(const std::string& text) { return text.empty() ? "must not be empty" : ""; }

}  // namespace

CLI::App* RequestCommand::add_to(CLI::App& program) {
  const bool skip = verb == Request::Verb::Skip;
  auto* const app = skip ? program.add_subcommand("skip", R"(skip a file; requires --reason WHY

Records the file as skipped; the loader continues with the next one. A
loaded file can't be skipped, except for its rejected rows: they are
then skipped, and the loaded rows stay.
)")
                         : program.add_subcommand("replay", R"(load a file again, or retry one that is held

Loads a file again, or one that is held, skipped or quarantined. Keys
that later files of the table changed keep those changes; the rest is
applied. Changes that are in the table already are not counted again.
)");
  app->add_option("KEY", keys, "object key, with or without bucket_path")->required()->option_text(" ");
  app->add_option("--reason", reason, "reason to record in the ledger")
      ->type_name("WHY")
      ->required(skip)
      ->check(given_text);
  add_json(*app, json);
  app->footer(R"(Writes a request to the target's table loader_requests. A running
loader handles it at its next poll; otherwise the next run does. The
newest request for a file counts: skip replaces an open replay of the
same file, and replay an open skip.)");
  return app;
}

ExitCode RequestCommand::run() {
  const Context context(LogLevel::AsSet);
  const auto& settings = context.settings;
  const auto& stop = context.stop;
  const auto source = make_source(settings, stop);
  const auto access = require_target(settings, stop);
  const bool skip = verb == Request::Verb::Skip;
  target::Requests requests(access.conninfo, stop);
  const auto tables = requests.tables();
  // All keys are checked before any request is written: a typo leaves none behind.
  std::vector<RequestedObject> all;
  for (const auto& key : keys) {
    auto object = find_object(*source, key);
    check_name(*source, object.key);
    auto entry = requests.entry(entity_of(object.key, tables, settings.cdc_path), object.key);
    if (skip && entry && entry->loaded && entry->rejected == 0 && entry->etag == object.etag) {
      throw Error(ErrorKind::Fatal, ExitCode::BadInput,
                  fmt::format("{} can't be skipped: it is already loaded, as delivery {}",
                              source->full_key(object.key), entry->delivery_id),
                  "Correct its rows in the source instead. Nothing was requested.");
    }
    all.push_back({std::move(object), std::move(entry)});
  }
  nlohmann::ordered_json result{{"requests", nlohmann::ordered_json::array()}};
  std::string text;
  for (const auto& [object, entry] : all) {
    const auto asked =
        requests.ask({.verb = verb, .reason = reason.empty() ? "requested by an operator" : reason},
                     object.key, user_name());
    const auto key = source->full_key(object.key);
    result["requests"].push_back(
        {{"verb", skip ? "skip" : "replay"},
         {"key", key},
         {"state", state_of(entry)},
         {"request", asked.number},
         {"new", asked.is_new},
         {"replaced", asked.replaced ? nlohmann::ordered_json(*asked.replaced) : nullptr}});
    text += fmt::format("{} {} ({}): {}\n", skip ? "skip" : "replay", key, state_of(entry),
                        asked_text(asked, skip));
  }
  const auto loader = requests.running_loader();
  result["loader"] = loader ? nlohmann::ordered_json(*loader) : nullptr;
  text += loader ? fmt::format("The running loader ({}) handles it at its next poll.\n", *loader)
                 : "No loader is running; the next run handles it.\n";
  print(json ? operate::json_text(result) : text);
  return ExitCode::Done;
}

}  // namespace peo::cli
