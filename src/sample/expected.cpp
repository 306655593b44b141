#include "sample/expected.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/file_error.hpp"

namespace peo::sample {
namespace {

using Json = nlohmann::ordered_json;

// The version of expected.json and of the data of a seed; if either changes, it is another sample.
constexpr int format = 1;

Json options_json(const SampleOptions& options) {
  Json json{{"format", format},
            {"strategies", options.strategies},
            {"orders", options.orders},
            {"executions", options.executions},
            {"days", options.days},
            {"orders_per_day", options.orders_per_day},
            {"files_per_hour", options.files_per_hour},
            {"load_files", options.load_files},
            {"seed", options.seed},
            {"date_partitioned", options.date_partitioned},
            {"gzip_level", options.gzip_level}};
  if (!options.duckdb_library.empty()) json["parquet"] = true;
  return json;
}

// A sum over files: WrittenFile has all the numbers.
void add(WrittenFile& sum, const WrittenFile& file) {
  sum.bytes += file.bytes;
  sum.rows += file.rows;
  sum.inserts += file.inserts;
  sum.updates += file.updates;
  sum.deletes += file.deletes;
  sum.effects += file.effects;
}

Json numbers(const WrittenFile& file) {
  return {{"bytes", file.bytes},
          {"rows", file.rows},
          {"inserts", file.inserts},
          {"updates", file.updates},
          {"deletes", file.deletes},
          {"created", file.effects.created},
          {"amended", file.effects.amended},
          {"removed", file.effects.removed}};
}

Json totals(const WrittenFiles& files, Table table, DeliveryKind kind) {
  WrittenFile sum;
  std::uint64_t count = 0;
  for (const WrittenFile& file : files) {
    if (file.table != table || file.kind != kind) continue;
    add(sum, file);
    ++count;
  }
  Json json = {{"files", count}};
  json.update(numbers(sum));
  return json;
}

Json content(const TableContent& table) {
  return {{"rows", table.rows}, {"checksum", table.checksum.text()}};
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw file_error(errno == 0 ? EIO : errno, "can't read " + path.string());
  return text;
}

ExistingSample existing_sample_of(const Json& json, const std::filesystem::path& directory) {
  ExistingSample there{.options = json.at("options").dump(), .complete = true, .summary = {}};
  for (const Json& file : json.at("files")) {
    std::error_code error;
    const auto bytes = file.at("bytes").get<std::uint64_t>();
    if (std::filesystem::file_size(directory / file.at("key").get<std::string>(), error) != bytes || error)
      there.complete = false;
    ++there.summary.files;
    there.summary.rows += file.at("rows").get<std::uint64_t>();
    there.summary.bytes += bytes;
  }
  return there;
}

}  // namespace

std::string options_text(const SampleOptions& options) { return options_json(options).dump(); }

std::string differences(const std::string& its, const std::string& wanted) {
  const Json theirs = Json::parse(its, nullptr, false);
  const Json ours = Json::parse(wanted);
  if (!theirs.is_object()) return "unreadable ones";
  std::string text;
  for (const auto& [name, value] : theirs.items()) {
    if (ours.contains(name) && ours.at(name) == value) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value.dump());
  }
  return text;
}

std::string expected_text(const SampleOptions& options, const std::array<ExpectedTable, 3>& tables,
                          const WrittenFiles& files) {
  Json entities = Json::object();
  for (const Table table : all_tables) {
    const ExpectedTable& expected = tables.at(static_cast<std::size_t>(table));
    Json& entity = entities[std::string(name_of(table))];
    entity.update(content(expected.at_end));
    entity["checksum_sql"] = checksum_sql(table);
    entity["after_full_load"] = content(expected.after_full_load);
    entity["full_load_files"] = totals(files, table, DeliveryKind::FullLoad);
    entity["change_files"] = totals(files, table, DeliveryKind::Change);
  }
  Json list = Json::array();
  for (const WrittenFile& file : files) {
    Json entry = {{"key", file.key},
                  {"entity", name_of(file.table)},
                  {"kind", file.kind == DeliveryKind::FullLoad ? "full_load" : "change"}};
    entry.update(numbers(file));
    list.push_back(std::move(entry));
  }
  const Json json = {
      {"options", options_json(options)}, {"entities", std::move(entities)}, {"files", std::move(list)}};
  return json.dump(1) + "\n";
}

std::optional<ExistingSample> read_expected(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "expected.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
  if (error) throw file_error(error.value(), "can't stat " + path.string());
  try {
    return existing_sample_of(Json::parse(read_whole(path)), directory);
  } catch (const Json::exception&) {
    throw Error::configuration(path.string() + " is not the expected.json of a sample.",
                               "Choose another directory for the sample, or remove this one.");
  }
}

}  // namespace peo::sample
