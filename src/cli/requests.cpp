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
#include "target/ledger/operator_requests.hpp"

namespace peo::cli {
namespace {

struct Asked {
  ObjectInfo object;
  std::optional<LedgerEntry> entry;
};

std::string user_name() {
  const char* const name = std::getenv("USER");
  return fmt::format("{}@{}", name != nullptr ? name : std::to_string(::getuid()), host_name());
}

// The object with this key. The log shows keys with bucket_path in front, the ledger without.
ObjectInfo find_object(source::Source& source, std::string key) {
  const auto front = source.full_key("");
  if (!front.empty() && key.starts_with(front)) key.erase(0, front.size());
  while (key.starts_with('/')) key.erase(0, 1);
  const auto page = source.list({.prefix = key, .by_folder = false, .start_after = {}, .continuation = {}});
  for (const auto& object : page.objects) {
    if (object.key == key) return object;
  }
  throw Error(ErrorKind::Fatal, ExitCode::BadInput,
              fmt::format("there is no object {} in {}", shortened(key, 300), source.describe()),
              "Nothing was asked for. Take the key from the log or from loader_deliveries.");
}

// The entity that the object is a file of: its table, or the folder of the transaction files.
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

// A reason must not be empty: the ledger keeps it for those who ask later.
std::string given_text(const std::string& text) {
  return text.empty() ? "a text that isn't empty is required" : "";
}

}  // namespace

CLI::App* RequestCommand::add_to(CLI::App& program) {
  const bool skip = verb == Request::Verb::Skip;
  auto* const app = skip ? program.add_subcommand("skip", R"(leave a file out; needs --reason WHY

Records the file as skipped; the loader goes on with the next one. A
file that is loaded can't be skipped, unless rows of it were rejected:
these are then left out, and what is loaded stays.
)")
                         : program.add_subcommand("replay", R"(load a file again, or one that is held

Loads the file again, or now, if it is held or was skipped or
quarantined: what later files of its table say of its keys stands, the
rest is applied. What it has given already is not counted twice.
)");
  app->add_option("KEY", keys, "object keys as the log shows them")->required()->option_text(" ");
  app->add_option("--reason", reason, "why, for the readers of the ledger")
      ->type_name("WHY")
      ->required(skip)
      ->check(given_text);
  add_json(*app, json);
  app->footer(R"(Puts a request into the target (the table loader_requests). A running
loader takes it at its next poll, else the next run.)");
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
  // All keys are checked before any request is written: a typing error leaves none behind.
  std::vector<Asked> all;
  for (const auto& key : keys) {
    auto object = find_object(*source, key);
    auto entry = requests.entry(entity_of(object.key, tables, settings.cdc_path), object.key);
    if (skip && entry && entry->loaded && entry->rejected == 0 && entry->etag == object.etag) {
      throw Error(ErrorKind::Fatal, ExitCode::BadInput,
                  fmt::format("{} is loaded already, as delivery {}: it can't be skipped any more",
                              source->full_key(object.key), entry->delivery_id),
                  "Nothing was asked for.");
    }
    all.push_back({std::move(object), std::move(entry)});
  }
  nlohmann::ordered_json told{{"requests", nlohmann::ordered_json::array()}};
  std::string text;
  for (const auto& [object, entry] : all) {
    const auto number =
        requests.ask({.verb = verb, .reason = reason.empty() ? "an operator asked for it" : reason},
                     object.key, user_name());
    const auto key = source->full_key(object.key);
    told["requests"].push_back({{"verb", skip ? "skip" : "replay"},
                                {"key", key},
                                {"state", state_of(entry)},
                                {"request", number ? nlohmann::ordered_json(*number) : nullptr}});
    text += fmt::format("{} {} ({}): {}\n", skip ? "skip" : "replay", key, state_of(entry),
                        number ? fmt::format("request {}", *number) : "a request for it is open already");
  }
  const auto loader = requests.running_loader();
  told["loader"] = loader ? nlohmann::ordered_json(*loader) : nullptr;
  text += loader ? fmt::format("The running loader ({}) takes it at its next look at the bucket.\n", *loader)
                 : "No loader runs now; the next run takes it.\n";
  print(json ? operate::json_text(told) : text);
  return ExitCode::Done;
}

}  // namespace peo::cli
