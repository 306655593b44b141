#include "operate/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "loader/load_delivery.hpp"
#include "operate/format.hpp"

namespace peo::operate {
namespace {

constexpr std::size_t files_at_a_time = 500;

void read_files(source::Source& source, target::Verification& verification, const loader::ReadOptions& read,
                const Cancellation& stop, Verified& result) {
  auto& loads = verification.target().loads();
  while (true) {
    const auto files = verification.next(files_at_a_time);
    if (files.empty()) return;
    const auto reader_of = [&](std::span<const Delivery> some) {
      return std::make_unique<loader::ParseAhead>(
          source, std::vector(some.begin(), some.end()),
          [&loads](const std::string& table) { return loads.columns(table); }, read, stop);
    };
    std::unique_ptr<loader::ParseAhead> reader;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::span<const Delivery> file(&files[i], 1);
      const auto load = [&](loader::ParseAhead& from, target::LoadMethod method) {
        const auto loaded = loader::load_delivery(file, from, loads, method, stop,
                                                  {[](const Delivery&, std::uint64_t) {}, {}});
        ++result.files;
        result.rows += loaded.front().facts.rows;
      };
      const auto load_again_if_bad = [&] {
        try {
          if (!reader) reader = reader_of(std::span(files).subspan(i));
          load(*reader, target::LoadMethod::StagedText);
        } catch (const target::FallBack&) {
          // A bad row, which is rejected as when the file was loaded. The reader is in the middle of the
          // file.
          reader.reset();
          load(*reader_of(file), target::LoadMethod::StagedRows);
        }
      };
      try {
        load_again_if_bad();
      } catch (Error& error) {
        error.at(Place{.object_key = source.full_key(file.front().object.key)});
        throw;
      }
    }
    log::info("{}: {} read again, {}.", result.entity, count_text(result.files, "file"),
              count_text(result.rows, "row"));
  }
}

std::vector<std::string> tables_to_verify(const TableNames& tables, const std::vector<std::string>& named) {
  if (named.empty()) return tables.tables();
  if (tables.tables().empty())
    throw Error::configuration("the target has no table to verify", "Run migrate to create the tables.");
  std::vector<std::string> chosen;
  for (const auto& name : named) {
    const auto found = tables.named(name);
    if (found.empty()) throw unknown_table(name, "in the target", tables.tables());
    std::ranges::copy_if(found, std::back_inserter(chosen), [&](const std::string& table) {
      return std::ranges::find(chosen, table) == chosen.end();
    });
  }
  return chosen;
}

std::string rows_text(const char* what, const std::vector<target::DifferentRow>& rows, std::uint64_t all) {
  std::string text;
  for (const auto& row : rows) {
    std::string columns;
    for (const auto& column : row.columns) columns += (columns.empty() ? ": " : ", ") + shortened(column);
    text += fmt::format("  {} {}{}\n", what, shortened(row.key, 300), columns);
  }
  if (all > rows.size()) text += fmt::format("  … and {} more {}\n", all - rows.size(), what);
  return text;
}

// Files and rows of the bucket that the table lacks, although it equals the loaded files.
std::string incomplete_text(const Quarantined& quarantined) {
  std::string text;
  if (quarantined.files != 0)
    text += fmt::format("{} {} quarantined", count_text(quarantined.files, "file"),
                        quarantined.files == 1 ? "is" : "are");
  if (quarantined.rows != 0)
    text += fmt::format("{}{} {} rejected", text.empty() ? "" : ", ", count_text(quarantined.rows, "row"),
                        quarantined.rows == 1 ? "is" : "are");
  return fmt::format(
      "  Incomplete: {}, and not in the table. List the files with paper-engine-orders status; replay KEY "
      "loads one, skip KEY --reason WHY skips it.\n",
      text);
}

std::string doubt_text(std::uint64_t doubtful) {
  return fmt::format(
      "  {} of rows that no file had inserted. If an update changed the key, the table still has the row of\n"
      "  the old key: enable before-images of the key (docs/file-format.md), or reload the table.\n",
      count_text(doubtful, "update"));
}

nlohmann::ordered_json rows_json(const std::vector<target::DifferentRow>& rows) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    nlohmann::ordered_json one{{"key", nlohmann::ordered_json::parse(row.key, nullptr, false)}};
    if (!row.columns.empty()) one["columns"] = row.columns;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

std::vector<Verified> verify(source::Source& source, target::Verification& verification,
                             const std::vector<std::string>& entities, std::size_t limit,
                             const loader::ReadOptions& read, const Cancellation& stop) {
  std::vector<Verified> results;
  for (const auto& entity : tables_to_verify(verification.tables(), entities)) {
    Verified result;
    result.entity = entity;
    try {
      verification.begin(entity);
      // Before the files are read: what is rejected while they are is added to the dry run's ledger.
      result.quarantined = verification.quarantined();
      result.held = verification.held();
      read_files(source, verification, read, stop, result);
      result.difference = verification.compare(limit);
    } catch (const Error& error) {
      if (stop.requested()) throw;
      result.failed = error;
    }
    results.push_back(std::move(result));
  }
  return results;
}

ExitCode exit_code_of(const std::vector<Verified>& results) {
  auto code = ExitCode::Done;
  for (const auto& result : results) {
    if (result.difference.any() || result.quarantined.any()) return ExitCode::BadInput;
    if (result.failed && code == ExitCode::Done) code = result.failed->exit_code();
  }
  return code;
}

std::string verify_text(const std::vector<Verified>& results) {
  std::string text;
  for (const auto& result : results) {
    const auto& difference = result.difference;
    const auto files = count_text(result.files, "file");
    if (result.failed) {
      text += fmt::format("{}: comparison failed: {}\n", result.entity, result.failed->describe());
    } else if (!difference.any()) {
      text += fmt::format("{}: {}, {} ({} with {}).\n", result.entity,
                          result.quarantined.any() || result.held ? "equal to its loaded files" : "equal",
                          count_text(difference.table_rows, "row"), files, count_text(result.rows, "row"));
    } else {
      text += fmt::format(
          "{}: not equal: {} missing, {} extra, {} different; {} in the table, {} expected from {}.\n",
          result.entity, difference.missing, difference.extra, difference.different,
          count_text(difference.table_rows, "row"), count_text(difference.expected_rows, "row"), files);
      text += rows_text("missing", difference.missing_rows, difference.missing);
      text += rows_text("extra", difference.extra_rows, difference.extra);
      text += rows_text("different", difference.different_rows, difference.different);
    }
    if (result.quarantined.any()) text += incomplete_text(result.quarantined);
    if (result.held)
      text +=
          "  Held: waiting files are not loaded and not compared. Show the reason with paper-engine-orders "
          "status.\n";
    if (!result.failed && difference.doubtful != 0) {
      text += doubt_text(difference.doubtful);
      text += rows_text("doubtful", difference.doubtful_rows, difference.doubtful);
    }
  }
  return text.empty() ? "There are no entities to verify.\n" : text;
}

nlohmann::ordered_json verify_json(const std::vector<Verified>& results) {
  auto entities = nlohmann::ordered_json::object();
  for (const auto& result : results) {
    const auto& difference = result.difference;
    auto& one = entities[result.entity];
    one = {{"equal", !result.failed && !difference.any() && !result.quarantined.any()},
           {"files", result.files},
           {"rows_read", result.rows},
           {"held", result.held},
           {"quarantined", {{"files", result.quarantined.files}, {"rows", result.quarantined.rows}}}};
    if (result.failed) {
      one["failed"] = result.failed->describe();
      continue;
    }
    one["expected_rows"] = difference.expected_rows;
    one["table_rows"] = difference.table_rows;
    one["missing"] = {{"count", difference.missing}, {"first", rows_json(difference.missing_rows)}};
    one["extra"] = {{"count", difference.extra}, {"first", rows_json(difference.extra_rows)}};
    one["doubtful"] = {{"count", difference.doubtful}, {"first", rows_json(difference.doubtful_rows)}};
    one["different"] = {{"count", difference.different}, {"first", rows_json(difference.different_rows)}};
  }
  const auto code = exit_code_of(results);
  return {{"equal", code == ExitCode::Done},
          {"exit_code", static_cast<int>(code)},
          {"entities", std::move(entities)}};
}

}  // namespace peo::operate
