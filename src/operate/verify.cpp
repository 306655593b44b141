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

// The file is in the ledger and was not listed, so only a listing can tell what became of it.
Error not_as_loaded(source::Source& source, const Delivery& file, const Error& error) {
  const auto& key = file.object.key;
  const auto page = source.list({.prefix = key, .delimited = false, .start_after = {}, .continuation = {}});
  const auto found = std::ranges::find(page.objects, key, &ObjectInfo::key);
  const auto loaded = fmt::format("it was loaded as delivery {}", file.loaded_as);
  if (found == page.objects.end()) {
    return {ErrorKind::Fatal, ExitCode::BadInput, loaded + " but is no longer in the bucket",
            "Restore the object to compare the table, or reload the table; its rows stay in the table."};
  }
  if (found->etag == file.object.etag)
    return Error::retry(loaded + " and was replaced while it was read: " + error.what(), "Run verify again.");
  return Error::retry(loaded + " and has been rewritten since",
                      "Wait until the loader has loaded its new version, or have it loaded at once with "
                      "paper-engine-orders replay KEY; then run verify again.");
}

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
      } catch (const Error& error) {
        throw(error.is_changed_object() ? not_as_loaded(source, files[i], error) : Error(error))
            .at(Place{.object_key = source.full_key(files[i].object.key)});
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
      "  Incomplete: {}, and not in the table. List the files with paper-engine-orders status. Correct them "
      "or the table; then replay KEY loads a file, and skip KEY --reason WHY leaves it out.\n",
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

// An empty table equals no files, which says nothing about the bucket's.
bool nothing_loaded(const Verified& result) {
  return !result.failed && result.files == 0 && !result.difference.any() && !result.incomplete();
}

// Whether all that the bucket has for the table is in it, as far as the ledger tells; none: not compared.
std::optional<bool> is_equal(const Verified& result) {
  if (result.failed || nothing_loaded(result)) return std::nullopt;
  return !result.difference.any() && !result.incomplete();
}

std::optional<bool> are_equal(const std::vector<Verified>& results) {
  std::optional<bool> equal;
  if (!std::ranges::all_of(results, nothing_loaded)) equal = true;
  for (const auto& result : results) {
    if (nothing_loaded(result)) continue;
    const auto one = is_equal(result);
    if (one == std::optional(false)) return false;
    if (!one) equal.reset();
  }
  return equal;
}

nlohmann::ordered_json or_null(const std::optional<bool>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
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
    if (result.difference.any() || result.incomplete()) return ExitCode::BadInput;
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
    } else if (nothing_loaded(result)) {
      text += fmt::format("{}: nothing to compare, no file is loaded yet.\n", result.entity);
    } else if (!difference.any()) {
      text += fmt::format("{}: {}, {} ({} with {}).\n", result.entity,
                          result.incomplete() ? "equal to its loaded files" : "equal",
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
    one = {
        {"equal", or_null(is_equal(result))},
        {"equal_to_loaded_files", or_null(result.failed ? std::nullopt : std::optional(!difference.any()))},
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
  return {{"equal", or_null(are_equal(results))},
          {"exit_code", static_cast<int>(exit_code_of(results))},
          {"entities", std::move(entities)}};
}

}  // namespace peo::operate
