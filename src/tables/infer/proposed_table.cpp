#include "tables/infer/proposed_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "decode/byte_scan.hpp"
#include "tables/survey/grouped.hpp"

namespace peo::infer {
namespace {

using survey::ColumnStats;
using survey::counted;
using survey::grouped;
using survey::Kind;
using survey::TableSurvey;

std::uint64_t of(const ColumnStats& facts, Kind kind) {
  return facts.of_kind[static_cast<std::size_t>(kind)];
}

struct Typed {
  std::string type;
  std::string what;  // what the values are, for the evidence
  std::optional<std::string> doubt;
};

Typed whole_number(const ColumnStats& facts, bool in_key) {
  constexpr double integer_limit = 2147483647.0;
  constexpr double bigint_limit = 9.2e18;
  const double widest = std::max(-*facts.least_number, *facts.most_number);
  if (facts.leading_zeros > 0) {
    return {
        "text", "numbers",
        fmt::format(
            "{} of the numbers have leading zeros, so these are codes. If the zeros mean nothing: integer.",
            grouped(facts.leading_zeros))};
  }
  constexpr int widest_decimal = 38;  // digits, of SQL Server and of Oracle
  if (widest > bigint_limit)
    return {fmt::format("numeric({}, 0)", std::max<int>(widest_decimal, facts.integer_digits)),
            fmt::format("integers of up to {} digits", facts.integer_digits),
            {}};
  if (facts.bits == facts.values() && facts.distinct.count() == 2 && !in_key)
    return {"boolean", "times 0 or 1", "Only 0 and 1 were found; if other numbers are possible: smallint."};
  if (widest > integer_limit || in_key) return {"bigint", "integers", {}};
  if (widest > integer_limit / 4)
    return {"bigint", "integers",
            "The numbers are close to the range of integer, so a wider type is proposed."};
  return {"integer", "integers", {}};
}

Typed decimal(const ColumnStats& facts) {
  const auto digits = std::max(18, facts.integer_digits + facts.decimal_fraction + 3);
  const auto type = fmt::format("numeric({}, {})", digits, facts.decimal_fraction);
  if (of(facts, Kind::Integer) == 0 && facts.least_fraction == facts.most_fraction)
    return {type, "decimals with " + counted(facts.decimal_fraction, "decimal place"), {}};
  return {"numeric",
          fmt::format("numbers with {} to {} decimal places", facts.least_fraction, facts.most_fraction),
          "DMS writes decimals with a fixed scale, but here it differs: a number without a fixed scale, or "
          "text."};
}

Typed floating(const ColumnStats& facts) {
  const bool only = of(facts, Kind::Float) == facts.values();
  const auto* const type = facts.float_fraction <= 8 ? "real" : "double precision";
  return {only ? type : "double precision",
          fmt::format("floats with {}", counted(facts.float_fraction, "decimal place")),
          only ? std::nullopt : std::optional<std::string>("Some of the values are plain numbers.")};
}

Typed moment(const ColumnStats& facts) {
  std::optional<std::string> doubt;
  if (facts.most_fraction > 6) doubt = "PostgreSQL stores microseconds and rounds further digits.";
  if (of(facts, Kind::TimestampZone) == facts.values()) return {"timestamptz", "timestamps with zone", doubt};
  if (of(facts, Kind::TimestampZone) > 0) doubt = "Only some of the values have a time zone.";
  if (of(facts, Kind::Date) == facts.values()) return {"date", "dates", doubt};
  return {of(facts, Kind::TimestampZone) > 0 ? "timestamptz" : "timestamp",
          facts.most_fraction > 0
              ? fmt::format("timestamps with {}", counted(facts.most_fraction, "decimal place"))
              : "timestamps",
          doubt};
}

Typed text(const ColumnStats& facts) {
  // Nearly all values are of one kind: the others should be checked.
  for (std::size_t i = 0; i + 1 < survey::kinds; ++i) {
    if (facts.of_kind[i] == 0 || facts.of_kind[i] * 10 < facts.values() * 9) continue;
    return {"text", "texts",
            fmt::format("{} of {} values are {}; because of the others, the type is text.",
                        grouped(facts.of_kind[i]), grouped(facts.values()),
                        survey::to_string(static_cast<Kind>(i)))};
  }
  return {"text", "texts", {}};
}

Typed type_of(const ColumnStats& facts, bool in_key) {
  const auto values = facts.values();
  if (values == 0) return {"text", "no values", "There are no values, so the type is unknown."};
  const auto all = [&](std::initializer_list<Kind> some) {
    std::uint64_t count = 0;
    for (const auto kind : some) count += of(facts, kind);
    return count == values;
  };
  if (facts.all_hex == values && of(facts, Kind::Hex) > 0) {
    const bool like_uuid = facts.shortest == 32 && facts.longest == 32;
    return {
        like_uuid ? "uuid" : "bytea", "values of hexadecimal digits",
        like_uuid
            ? "All have 32 digits, as a uuid without dashes has; they may be 16 bytes (bytea) or text too."
            : "They may be bytes (bytea) or text that happens to look like hexadecimal digits."};
  }
  if (all({Kind::Integer})) return whole_number(facts, in_key);
  if (all({Kind::Integer, Kind::Decimal})) return decimal(facts);
  if (all({Kind::Integer, Kind::Decimal, Kind::Float})) return floating(facts);
  if (all({Kind::Boolean})) return {"boolean", "times true or false", {}};
  if (!in_key && facts.bits == of(facts, Kind::Integer) && facts.bits + of(facts, Kind::Boolean) == values)
    return {"boolean", "times 0, 1, true or false", {}};
  if (all({Kind::Date, Kind::Timestamp, Kind::TimestampZone})) return moment(facts);
  if (all({Kind::Time})) return {"time", "times of day", {}};
  if (all({Kind::Uuid})) return {"uuid", "UUIDs", {}};
  if (all({Kind::Json}))
    return {"text", "JSON values", "jsonb is possible, too; it keeps the meaning, but not the exact text."};
  return text(facts);
}

// The type in Parquet files. They don't tell what a text is at the source: as a number, a code would lose its
// leading zeros. But a UUID is a UUID.
std::optional<Typed> type_of_files(const ColumnStats& facts, const std::set<std::string>& types) {
  if (types.empty()) return std::nullopt;
  if (types.size() > 1) {
    auto typed = type_of(facts, true);
    typed.doubt = fmt::format("Its type in the files is {}; this one is inferred from its values.",
                              fmt::join(types, " and "));
    return typed;
  }
  const auto& type = *types.begin();
  if (type == "text" && facts.values() != 0 && of(facts, Kind::Uuid) == facts.values())
    return Typed{"uuid", "UUIDs", "Its type in the files is text."};
  static const std::map<std::string_view, const char*> short_names{
      {"timestamp without time zone", "timestamp"},
      {"timestamp with time zone", "timestamptz"},
      {"time without time zone", "time"},
      {"time with time zone", "timetz"}};
  const auto found = short_names.find(type);
  return Typed{found == short_names.end() ? type : found->second, "values of this type in the files", {}};
}

// "2,000 timestamps with 6 decimal places", "1 timestamp with 6 decimal places".
std::string count_text(std::uint64_t count, std::string what) {
  const auto word_end = std::min(what.find(' '), what.size());
  if (count == 1 && word_end > 0 && what[word_end - 1] == 's') what.erase(word_end - 1, 1);
  return grouped(count) + " " + what;
}

std::string evidence_of(const ColumnStats& facts, const Typed& typed) {
  if (facts.values() == 0)
    return fmt::format("NULL in {}", facts.rows == 1 ? "the one row" : "all " + counted(facts.rows, "row"));
  std::string line = count_text(facts.values(), typed.what);
  if (facts.ordered_by_value() && typed.type != "boolean") {
    line += facts.least() == facts.most() ? ", " + facts.least()
                                          : fmt::format(", {} to {}", facts.least(), facts.most());
  } else if (facts.longest > 0 && typed.type == "text") {
    line += facts.shortest == facts.longest
                ? " of " + counted(facts.longest, "character")
                : fmt::format(" of {} to {} characters", facts.shortest, facts.longest);
  }
  line +=
      fmt::format("; {}{} distinct", facts.distinct.exact() ? "" : "about ", grouped(facts.distinct.count()));
  line += facts.nulls == 0 ? "; no NULL"
                           : fmt::format("; {:.1f} % NULL", 100.0 * static_cast<double>(facts.nulls) /
                                                                static_cast<double>(facts.rows));
  return line;
}

// Columns that delete rows fill while others are empty: the source logs only the key.
std::vector<std::size_t> key_of_deletes(const TableSurvey& survey) {
  std::vector<std::size_t> filled;
  if (survey.sparse_deletes == 0 || survey.sparse_deletes != survey.changes.deletes) return filled;
  for (std::size_t i = 0; i < survey.columns.size(); ++i) {
    const auto& facts = survey.columns[i];
    if ((i == 0 && facts.like_dms_time()) || facts.like_dms_sequence()) continue;
    if (survey.filled_in_deletes[i] == survey.changes.deletes) filled.push_back(i);
  }
  const bool telling = 2 * filled.size() < survey.columns.size();
  return telling ? filled : std::vector<std::size_t>{};
}

std::string names_of(const std::vector<std::size_t>& places, const ProposedTable& table) {
  std::string text;
  for (const auto place : places) text += (text.empty() ? "" : ", ") + table.columns[place].name;
  return text;
}

// Removes from the deletes' key the times that AWS DMS or its rules may have added (AR_H_TIMESTAMP): deletes
// have them too, each with another value, so a key with one would never find its row. Only where the other
// columns are unique in the full load by themselves.
std::vector<std::size_t> take_added_times(const TableSurvey& survey, std::vector<std::size_t>& key) {
  std::vector<std::size_t> others, times;
  for (const auto place : key) (survey.columns[place].like_dms_time() ? times : others).push_back(place);
  const auto is_unique = [&others](const std::vector<std::size_t>& candidate) {
    return std::ranges::all_of(
        candidate, [&](std::size_t place) { return std::ranges::find(others, place) != others.end(); });
  };
  if (times.empty() || std::ranges::none_of(survey.keys, is_unique)) return {};
  key = std::move(others);
  return times;
}

std::vector<std::size_t> choose_key(const TableSurvey& survey, ProposedTable& table) {
  auto deleted = key_of_deletes(survey);
  if (!deleted.empty()) {
    const auto times = take_added_times(survey, deleted);
    table.key_sureness = times.empty() ? "sure" : "likely";
    if (!times.empty())
      table.doubts.push_back(fmt::format(
          "The deletes have {} too. It is not in the key, because it may be the time of the change, which a "
          "rule of AWS DMS adds. If it is a part of the source's key, add it.",
          names_of(times, table)));
    table.key_evidence =
        survey.changes.deletes == 1
            ? "the one delete row that was read has these columns and leaves others empty"
            : fmt::format("all {} delete rows that were read have these columns and leave others empty",
                          grouped(survey.changes.deletes));
    return deleted;
  }
  if (survey.keys.empty()) {
    table.doubts.emplace_back(
        "No column, and no pair or triple of the first ones, is unique. The loader needs a primary key: name "
        "its columns, as in the source.");
    return {};
  }
  const auto& key = survey.keys.front();
  constexpr std::uint64_t many = 1000;
  table.key_sureness = survey.keys.size() == 1 && survey.key_rows >= many ? "likely" : "a guess";
  table.key_evidence =
      fmt::format("never NULL and unique in {}{}", counted(survey.key_rows, "row"),
                  survey.files.loads.count == 0 ? " (inserts; there is no full load)" : " of the full load");
  if (survey.keys.size() > 1) {
    std::string others;
    for (std::size_t i = 1; i < survey.keys.size() && i < 6; ++i)
      others += (others.empty() ? "" : "; ") + names_of(survey.keys[i], table);
    table.doubts.push_back(fmt::format("The key: these are unique, too, so far: {}{}.", others,
                                       survey.keys.size() > 6 ? "; and more" : ""));
  }
  return key;
}

void say_what_was_seen(const TableSurvey& survey, ProposedTable& table) {
  if (survey.shape.names == survey::TableShape::Names::Numbered) {
    table.doubts.emplace_back(
        "The files have no header, so the column names are unknown. Rename the numbered columns, keep their "
        "order.");
  }
  table.doubts.insert(table.doubts.end(), survey.shape.doubts.begin(), survey.shape.doubts.end());
  for (const auto& [key, file] : survey.unreadable)
    table.doubts.push_back(
        fmt::format("{} can't be read, and the loader would refuse it too: {}.", file.where, file.why));
  const auto rows = survey.load_rows + survey.changes.all();
  constexpr std::uint64_t few = 1000;
  if (rows < few)
    table.doubts.push_back(fmt::format("Only {} {} read, which is little evidence.", grouped(rows),
                                       rows == 1 ? "row was" : "rows were"));
}

// `whole`, cut to what PostgreSQL keeps of a name, with a number where another one is called so.
std::string free_name(const std::string& whole, std::set<std::string>& taken) {
  std::string name(truncated_identifier(whole));
  for (int number = 2; !taken.insert(name).second; ++number) {
    // Cut by whole characters, so that the number fits into PostgreSQL's 63 bytes.
    const auto suffix = fmt::format("_{}", number);
    name = whole;
    while (name.size() + suffix.size() > 63) {
      while ((static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80U) name.pop_back();
      name.pop_back();
    }
    name += suffix;
  }
  return name;
}

// Of a table or a column.
std::string base_name(const std::string& original, Names names) {
  return names == Names::SnakeCase ? snake_case(original) : lower_case(original);
}

void take_name(const TableSurvey& survey, std::size_t place, Names names, ProposedColumn& column,
               std::set<std::string>& taken) {
  const auto& given = survey.shape.columns[place];
  // What commands a terminal or ends a line reaches no draft.
  const auto original = printable_line(given);
  const bool printable = original == given;
  // A name with a zero byte, or that is no UTF-8, no comment can hold.
  const bool nameable = decode::first_bad_byte(given) == given.size();
  if (!printable) {
    column.doubt =
        nameable ? "Its name in the files contains characters that can't be printed; its comment has them "
                   "as escapes."
                 : "Its name in the files is not a valid text in PostgreSQL, so the loader can't find it: "
                   "correct it at the source, or exclude the column.";
  }
  auto base = base_name(original, names);
  if (is_loader_column(base) || is_system_column(base)) base = "source_" + base;
  const auto name = free_name(base, taken);
  const bool numbered = survey.shape.names == survey::TableShape::Names::Numbered;
  if (!numbered && nameable && (!printable || !same_name(name, truncated_identifier(given))))
    column.source = given;
  column.name = sql_name(name);
}

void take_table_name(const TableSurvey& survey, Names names, ProposedTable& table,
                     std::set<std::string>& taken) {
  const auto& location = survey.location;
  const auto original = printable_line(location.table);
  auto base = base_name(original, names);
  // The loader's own tables, and PostgreSQL's, which statements without a schema would find first.
  if (base.starts_with("loader_") || base.starts_with("pg_")) base = "source_" + base;
  const auto plain = std::string(truncated_identifier(base));
  if (taken.contains(plain)) base = base_name(printable_line(location.schema), names) + "_" + base;
  table.location = {.schema = location.schema, .table = location.table};
  table.plain_name = free_name(base, taken);
  table.name = sql_name(table.plain_name);
  if (!same_name(table.plain_name, truncated_identifier(location.table))) table.source = table.location;
}

}  // namespace

ProposedTable propose(const TableSurvey& survey, Names names, std::set<std::string>& taken_tables) {
  ProposedTable table;
  take_table_name(survey, names, table, taken_tables);
  if (survey.columns.empty()) {
    table.doubts.emplace_back("The files have no rows.");
    return table;
  }
  say_what_was_seen(survey, table);
  std::set<std::string> taken{"event_id", "delivery_id"};
  for (std::size_t i = 0; i < survey.columns.size(); ++i)
    take_name(survey, i, names, table.columns.emplace_back(), taken);
  const auto key = choose_key(survey, table);
  const bool with_header = survey.shape.header;
  for (std::size_t i = 0; i < survey.columns.size(); ++i) {
    const auto& facts = survey.columns[i];
    const bool in_key = std::find(key.begin(), key.end(), i) != key.end();
    const auto typed = type_of_files(facts, survey.types[i]).value_or(type_of(facts, in_key));
    auto& column = table.columns[i];
    column.type = typed.type;
    // A sample can't show that no NULL will come, and NOT NULL would make an empty text of it.
    column.not_null = in_key;
    column.evidence = evidence_of(facts, typed);
    if (typed.doubt) column.doubt = column.doubt ? *column.doubt + " " + *typed.doubt : *typed.doubt;
    if (i == 0 && facts.like_dms_time()) {
      column.doubt =
          "This may be the time that DMS adds (TimestampColumnName), not a column of the source: if so, "
          "remove "
          "it here" +
          (with_header ? fmt::format(" and add timestamp_name={} to FORMAT.", survey.shape.columns[i])
                       : "; the loader recognizes it by its position.");
    } else if (facts.like_dms_sequence()) {
      column.doubt =
          "This looks like the change sequence that DMS adds ($AR_H_CHANGE_SEQ), not a column of the source: "
          "if so, remove it here and exclude it with COLUMNS=\"" +
          (with_header ? "-" + survey.shape.columns[i] + "\"."
                       : "Op,*,-change_seq\", see docs/file-format.md.");
    }
  }
  for (const auto place : key) table.key.push_back(table.columns[place].name);
  return table;
}

void propose_relations(std::vector<ProposedTable>& tables) {
  for (auto& table : tables) {
    for (auto& column : table.columns) {
      if (column.name.starts_with("column_")) continue;
      for (const auto& other : tables) {
        if (&other == &table || other.key.size() != 1 || other.key.front() != column.name ||
            column.name == "id")
          continue;
        column.references = other.name + "." + other.key.front();
      }
    }
  }
}

}  // namespace peo::infer
