#include "tables/infer/proposed_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "base/identifiers.hpp"
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
        "text", "digits",
        fmt::format(
            "{} of the numbers begin with 0, so it is taken as a code. If the zeros mean nothing: integer.",
            grouped(facts.leading_zeros))};
  }
  constexpr int widest_decimal = 38;  // digits, of SQL Server and of Oracle
  if (widest > bigint_limit)
    return {fmt::format("numeric({}, 0)", std::max<int>(widest_decimal, facts.integer_digits)),
            fmt::format("whole numbers of up to {} digits", facts.integer_digits),
            {}};
  if (facts.bits == facts.values() && facts.distinct.count() == 2 && !in_key)
    return {"boolean", "times 0 or 1", "Only 0 and 1 were seen; if other numbers may come: smallint."};
  if (widest > integer_limit || in_key) return {"bigint", "whole numbers", {}};
  if (widest > integer_limit / 4)
    return {"bigint", "whole numbers",
            "The numbers come near to what an integer can hold, so it is taken wider."};
  return {"integer", "whole numbers", {}};
}

Typed decimal(const ColumnStats& facts) {
  const auto digits = std::max(18, facts.integer_digits + facts.decimal_fraction + 3);
  const auto type = fmt::format("numeric({}, {})", digits, facts.decimal_fraction);
  if (of(facts, Kind::Integer) == 0 && facts.least_fraction == facts.most_fraction)
    return {type, "decimals with " + counted(facts.decimal_fraction, "place"), {}};
  return {
      "numeric", fmt::format("numbers with {} to {} places", facts.least_fraction, facts.most_fraction),
      "DMS writes a decimal with all its places, but here they differ: a number of no fixed scale, or text."};
}

Typed floating(const ColumnStats& facts) {
  const bool only = of(facts, Kind::Float) == facts.values();
  const auto* const type = facts.float_fraction <= 8 ? "real" : "double precision";
  return {only ? type : "double precision",
          fmt::format("floats with {}", counted(facts.float_fraction, "place")),
          only ? std::nullopt : std::optional<std::string>("Some of the values are plain numbers.")};
}

Typed moment(const ColumnStats& facts) {
  std::optional<std::string> doubt;
  if (facts.most_fraction > 6) doubt = "PostgreSQL keeps six places of a second and rounds the rest.";
  if (of(facts, Kind::TimestampZone) == facts.values()) return {"timestamptz", "timestamps with zone", doubt};
  if (of(facts, Kind::TimestampZone) > 0) doubt = "Only some of the values carry a zone.";
  if (of(facts, Kind::Date) == facts.values()) return {"date", "dates", doubt};
  return {of(facts, Kind::TimestampZone) > 0 ? "timestamptz" : "timestamp",
          facts.most_fraction > 0 ? fmt::format("timestamps with {}", counted(facts.most_fraction, "place"))
                                  : "timestamps",
          doubt};
}

Typed text(const ColumnStats& facts) {
  // Nearly all of one kind: the rest is worth a look.
  for (std::size_t i = 0; i + 1 < survey::kinds; ++i) {
    if (facts.of_kind[i] == 0 || facts.of_kind[i] * 10 < facts.values() * 9) continue;
    return {"text", "texts",
            fmt::format("{} of {} values are {}; the others are not, and make it text.",
                        grouped(facts.of_kind[i]), grouped(facts.values()),
                        survey::to_string(static_cast<Kind>(i)))};
  }
  return {"text", "texts", {}};
}

Typed type_of(const ColumnStats& facts, bool in_key) {
  const auto values = facts.values();
  if (values == 0) return {"text", "no value", "No value was seen, so the type is not known."};
  const auto all = [&](std::initializer_list<Kind> some) {
    std::uint64_t count = 0;
    for (const auto kind : some) count += of(facts, kind);
    return count == values;
  };
  if (facts.all_hex == values && of(facts, Kind::Hex) > 0) {
    const bool like_uuid = facts.shortest == 32 && facts.longest == 32;
    return {
        like_uuid ? "uuid" : "bytea", "hexadecimal digits",
        like_uuid
            ? "All have 32 digits, as a uuid without dashes has; they may be 16 bytes (bytea) or text too."
            : "They may be bytes (bytea) or text that happens to look so."};
  }
  if (all({Kind::Integer})) return whole_number(facts, in_key);
  if (all({Kind::Integer, Kind::Decimal})) return decimal(facts);
  if (all({Kind::Integer, Kind::Decimal, Kind::Float})) return floating(facts);
  if (all({Kind::Boolean})) return {"boolean", "times true or false", {}};
  if (all({Kind::Date, Kind::Timestamp, Kind::TimestampZone})) return moment(facts);
  if (all({Kind::Time})) return {"time", "times of day", {}};
  if (all({Kind::Uuid})) return {"uuid", "UUIDs", {}};
  if (all({Kind::Json}))
    return {"text", "JSON", "jsonb would do too; it keeps the meaning, but not the spelling of the source."};
  return text(facts);
}

std::string evidence_of(const ColumnStats& facts, const Typed& typed) {
  if (facts.values() == 0)
    return fmt::format("NULL in {}", facts.rows == 1 ? "the one row" : "all " + counted(facts.rows, "row"));
  std::string line = fmt::format("{} {}", grouped(facts.values()), typed.what);
  if (facts.ordered_by_value() && typed.type != "boolean") {
    line += fmt::format(", {} to {}", facts.least(), facts.most());
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

std::string names_of(const std::vector<std::size_t>& places, const TableSurvey& survey) {
  std::string text;
  for (const auto place : places) text += (text.empty() ? "" : ", ") + sql_name(survey.shape.columns[place]);
  return text;
}

std::vector<std::size_t> choose_key(const TableSurvey& survey, ProposedTable& table) {
  auto deleted = key_of_deletes(survey);
  if (!deleted.empty()) {
    table.key_evidence =
        survey.changes.deletes == 1
            ? "the one delete row that was read carries these columns and leaves others empty"
            : fmt::format("all {} delete rows that were read carry these columns and leave others empty",
                          grouped(survey.changes.deletes));
    return deleted;
  }
  if (survey.keys.empty()) {
    table.doubts.emplace_back(
        "No column, and no pair or triple of the first ones, tells the rows apart. The loader needs a "
        "primary key: say "
        "which columns are it in the source.");
    return {};
  }
  const auto& key = survey.keys.front();
  table.key_evidence =
      fmt::format("never NULL, never twice in {}{}", counted(survey.key_rows, "row"),
                  survey.files.loads.count == 0 ? " (inserts; there is no full load)" : " of full load");
  if (survey.keys.size() > 1) {
    std::string others;
    for (std::size_t i = 1; i < survey.keys.size() && i < 6; ++i)
      others += (others.empty() ? "" : "; ") + names_of(survey.keys[i], survey);
    table.doubts.push_back(fmt::format("The key: so far these would do as well: {}{}.", others,
                                       survey.keys.size() > 6 ? "; and more" : ""));
  }
  return key;
}

void say_what_was_seen(const TableSurvey& survey, ProposedTable& table) {
  if (survey.shape.names == survey::TableShape::Names::Numbered) {
    table.doubts.emplace_back(
        "The files have no header, so names are not known: the columns are numbered. Rename them, keep their "
        "order.");
  }
  table.doubts.insert(table.doubts.end(), survey.shape.doubts.begin(), survey.shape.doubts.end());
  const auto rows = survey.columns.empty() ? 0 : survey.columns.front().rows;
  constexpr std::uint64_t few = 1000;
  if (rows < few)
    table.doubts.push_back(fmt::format("Only {} {} read; that is little evidence for any of it.",
                                       grouped(rows), rows == 1 ? "row was" : "rows were"));
}

// A name that PostgreSQL keeps as it is, and that no other column has.
void take_name(const TableSurvey& survey, std::size_t place, ProposedColumn& column,
               std::set<std::string>& taken) {
  const auto& given = survey.shape.columns[place];
  // What commands a terminal or ends a line reaches no draft.
  const auto original = printable_line(given);
  std::string name(truncated_identifier(lower_case(original)));
  if (original != given) {
    column.doubt =
        "Its name in the files holds characters that can't be printed, shown here as escapes, so the loader "
        "won't find "
        "it by this one.";
  } else if (name.size() < original.size())
    column.doubt = "PostgreSQL keeps 63 bytes of a name; the loader takes the longer one for the same.";
  if (!taken.insert(name).second) {
    const bool own = name == "event_id" || name == "delivery_id";
    const auto whole = std::string(truncated_identifier(lower_case((own ? "source_" : "") + original)));
    for (int number = own ? 1 : 2; !taken.insert(name).second; ++number) {
      // Cut by whole characters, so that the number fits into PostgreSQL's 63 bytes.
      const auto suffix = number == 1 ? std::string() : fmt::format("_{}", number);
      name = whole;
      while (name.size() + suffix.size() > 63) {
        while ((static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80U) name.pop_back();
        name.pop_back();
      }
      name += suffix;
    }
    column.doubt = fmt::format("{} in the files, a name that is {}.{}", original,
                               own ? "the loader's own" : "another column's too",
                               survey.shape.names != survey::TableShape::Names::Header
                                   ? ""
                                   : " A header that says so is refused: leave it out, COLUMNS=\"-" +
                                         original + "\", and take it out here.");
  }
  column.name = sql_name(name);
}

}  // namespace

std::string sql_name(const std::string& name) {
  constexpr std::array<std::string_view, 77> reserved = {"all",          "analyse",
                                                         "analyze",      "and",
                                                         "any",          "array",
                                                         "as",           "asc",
                                                         "asymmetric",   "both",
                                                         "case",         "cast",
                                                         "check",        "collate",
                                                         "column",       "constraint",
                                                         "create",       "current_catalog",
                                                         "current_date", "current_role",
                                                         "current_time", "current_timestamp",
                                                         "current_user", "default",
                                                         "deferrable",   "desc",
                                                         "distinct",     "do",
                                                         "else",         "end",
                                                         "except",       "false",
                                                         "fetch",        "for",
                                                         "foreign",      "from",
                                                         "grant",        "group",
                                                         "having",       "in",
                                                         "initially",    "intersect",
                                                         "into",         "lateral",
                                                         "leading",      "limit",
                                                         "localtime",    "localtimestamp",
                                                         "not",          "null",
                                                         "offset",       "on",
                                                         "only",         "or",
                                                         "order",        "placing",
                                                         "primary",      "references",
                                                         "returning",    "select",
                                                         "session_user", "some",
                                                         "symmetric",    "system_user",
                                                         "table",        "then",
                                                         "to",           "trailing",
                                                         "true",         "union",
                                                         "unique",       "user",
                                                         "using",        "variadic",
                                                         "when",         "where",
                                                         "window"};
  auto lower = lower_case(name);
  const bool plain =
      !lower.empty() && (lower.front() == '_' || (lower.front() >= 'a' && lower.front() <= 'z')) &&
      std::all_of(lower.begin(), lower.end(),
                  [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  if (plain && std::find(reserved.begin(), reserved.end(), lower) == reserved.end()) return lower;
  std::string quoted = "\"";
  for (const char c : lower) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

ProposedTable propose(const TableSurvey& survey) {
  ProposedTable table;
  table.name = sql_name(std::string(truncated_identifier(printable_line(survey.folder.table))));
  if (survey.columns.empty()) {
    table.doubts.emplace_back("No file holds a row.");
    return table;
  }
  say_what_was_seen(survey, table);
  const auto key = choose_key(survey, table);
  std::set<std::string> taken{"event_id", "delivery_id"};
  const bool with_header = survey.shape.header;
  for (std::size_t i = 0; i < survey.columns.size(); ++i) {
    const auto& facts = survey.columns[i];
    const bool in_key = std::find(key.begin(), key.end(), i) != key.end();
    const auto typed = type_of(facts, in_key);
    auto& column = table.columns.emplace_back();
    take_name(survey, i, column, taken);
    column.type = typed.type;
    // A sample can't show that no NULL will come, and NOT NULL would make an empty text of it.
    column.not_null = in_key;
    column.evidence = evidence_of(facts, typed);
    if (typed.doubt) column.doubt = column.doubt ? *column.doubt + " " + *typed.doubt : *typed.doubt;
    if (i == 0 && facts.like_dms_time()) {
      column.doubt =
          "This may be the time that DMS adds (TimestampColumnName), not a column of the source: then take "
          "it out here" +
          (with_header ? fmt::format(" and say FORMAT=\"timestamp_name={}\".", survey.shape.columns[i])
                       : "; the loader knows it by its place.");
    } else if (facts.like_dms_sequence()) {
      column.doubt =
          "This looks like the change sequence that DMS adds ($AR_H_CHANGE_SEQ), not a column of the source: "
          "then take it out here and leave it out with COLUMNS=\"" +
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
