#include "decode/row_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/source_names.hpp"
#include "decode/byte_scan.hpp"

namespace peo::decode {
namespace {

const char* const layout_hint =
    "Describe the fields with FORMAT or COLUMNS, or change the table's columns (except event_id and "
    "delivery_id) "
    "to match; see docs/file-format.md.";
const char* const wider_row_hint =
    "If a column was added at the source, add it to the table (SCHEMA_DRIFT). If one was dropped from the "
    "table, "
    "follow \"A column was dropped in the target\" in docs/operations.md before you add it again. Otherwise "
    "describe "
    "the fields with FORMAT or COLUMNS; see docs/file-format.md.";
const char* const columns_differ = "the file's columns don't match the table's";
const char* const unknown_columns_hint =
    "Add it to the table, or set SCHEMA_DRIFT=add or ignore. If it is DMS's timestamp, set "
    "FORMAT=timestamp_name=NAME; to ignore only this column, set COLUMNS=-NAME; see docs/file-format.md.";

// Whether it is like 2024-06-12 10:30:25.104667, DMS's format; the fraction may be shorter or missing.
bool is_timestamp(std::string_view text) {
  constexpr std::string_view form = "0000-00-00 00:00:00";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0' ? !digit(text[i]) : text[i] != form[i] && !(form[i] == ' ' && text[i] == 'T'))
      return false;
  }
  text.remove_prefix(form.size());
  if (text.empty()) return true;
  return text.size() > 1 && text.size() <= 10 && text.front() == '.' &&
         std::all_of(text.begin() + 1, text.end(), digit);
}

// The meaning of a field of the file.
struct Slot {
  enum class Kind { Operation, Names, Timestamp, Column, Before, Ignored };
  Kind kind = Kind::Column;
  std::uint32_t column = 0;  // of the table, for Column and Before
  bool optional = false;     // may be missing at the end of rows in older files
};

// A possible layout of the file.
struct Reading {
  std::vector<Slot> slots;
  std::size_t least = 0;    // fields without the optional ones at the end
  bool extensible = false;  // a column that is added at the source comes after all of them
};

class ShapeFinder {
 public:
  ShapeFinder(const std::vector<std::string_view>& row, const LayoutQuestion& question)
      : row_(row), question_(question), columns_(question.columns) {}

  RowLayout find() {
    const bool header =
        !question_.in_transactions && (question_.format.header ? *question_.format.header : is_header());
    surely_header_ = header && names_columns();
    const auto slots = header ? header_slots() : width_slots();
    auto found = shape(slots, header);
    found.ignored_columns = std::move(ignored_columns_);
    if (header) found.absent_columns = absent_columns();
    return found;
  }

 private:
  bool full_load() const { return question_.kind == DeliveryKind::FullLoad; }

  // How well a header's name matches the column's. A name that differs in case is the last choice for a
  // column that another field of the header names exactly.
  enum class Fit { None, ExactlyTaken, OwnName, SourceName, ExactOwnName, ExactSourceName };

  Fit fit(std::uint32_t i, std::string_view name) const {
    const auto& own = columns_[i].name;
    const auto& sources = columns_[i].sources;
    if (sources.empty()) name = truncated_identifier(name);
    if (sources.empty() ? own == name : std::ranges::find(sources, name) != sources.end())
      return sources.empty() ? Fit::ExactOwnName : Fit::ExactSourceName;
    const auto is_name = [&](const std::string& known) { return same_name(known, name); };
    if (!(sources.empty() ? is_name(own) : std::ranges::any_of(sources, is_name))) return Fit::None;
    if (!exactly_named_.empty() && exactly_named_[i]) return Fit::ExactlyTaken;
    return sources.empty() ? Fit::OwnName : Fit::SourceName;
  }

  // The columns that match a header's name best.
  std::vector<std::uint32_t> columns_named(std::string_view name) const {
    std::vector<std::uint32_t> found;
    auto best = Fit::ExactlyTaken;
    for (std::uint32_t i = 0; i < columns_.size(); ++i) {
      const auto fits = fit(i, name);
      if (fits < best) continue;
      if (fits > best) found.clear();
      best = fits;
      found.push_back(i);
    }
    return found;
  }

  std::optional<std::uint32_t> column_named(std::string_view name) const {
    const auto found = columns_named(name);
    return found.empty() ? std::nullopt : std::optional(found.front());
  }

  // The column of a name in COLUMNS: at the source, or in the table.
  std::optional<std::uint32_t> column_listed(std::string_view name) const {
    if (const auto found = column_named(name)) return found;
    const auto own = std::ranges::find_if(columns_, [&](const TableColumn& column) {
      return same_name(column.name, truncated_identifier(name));
    });
    return own == columns_.end() ? std::nullopt
                                 : std::optional(static_cast<std::uint32_t>(own - columns_.begin()));
  }

  // Header or not: finds the columns that it names exactly.
  void note_exact_names() {
    exactly_named_.assign(columns_.size(), false);
    for (const auto& name : row_) {
      for (std::uint32_t i = 0; i < columns_.size(); ++i)
        if (fit(i, name) >= Fit::ExactOwnName) exactly_named_[i] = true;
    }
  }

  // For display: "unit_price (UnitPrice or Price in the files)".
  static std::string in_words(const TableColumn& column) {
    std::string names;
    for (const auto& source : column.sources) names += (names.empty() ? "" : " or ") + shortened(source, 80);
    return column.name + (names.empty() ? "" : fmt::format(" ({} in the files)", names));
  }

  // "BI_order_id" → order_id.
  std::optional<std::uint32_t> before_named(std::string_view name) const {
    const std::string_view prefix = question_.format.before_image;
    if (prefix.empty() || name.size() <= prefix.size() || !same_name(name.substr(0, prefix.size()), prefix))
      return std::nullopt;
    return column_named(name.substr(prefix.size()));
  }

  bool is_ignored_name(std::string_view name) const {
    return std::ranges::any_of(question_.entries, [name](const ColumnEntry& entry) {
      return entry.kind == ColumnEntry::Kind::Ignored && same_name(entry.name, name);
    });
  }

  bool is_timestamp_name(std::string_view name) const {
    return !question_.format.timestamp_name.empty() && same_name(question_.format.timestamp_name, name);
  }

  // `what` quotes the first row, which may be a header or data. The hint must not, unless the row is
  // certainly a header: it is shown on pages, as is `without_values`.
  [[noreturn]] static void refuse(const std::string& what, const std::string& hint = layout_hint,
                                  const std::string& without_values = columns_differ) {
    throw Error::bad_delivery(what, hint).without_values(without_values);
  }

  std::string of_table() const { return question_.in_transactions ? " of " + question_.entity : ""; }

  std::string fields_text() const {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(row_.size(), 4); ++i) {
      text += (i == 0 ? "" : ", ") + shortened(row_[i], 30);
    }
    return text + (row_.size() > 4 ? ", …" : "");
  }

  // -- By a header.

  std::vector<std::string> absent_columns() const {
    std::vector<bool> named(columns_.size(), false);
    for (const auto& name : row_) {
      if (const auto column = column_named(name)) named[*column] = true;
    }
    std::vector<std::string> absent;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!named[i]) absent.push_back(in_words(columns_[i]));
    }
    return absent;
  }

  std::size_t count_names() const {
    return static_cast<std::size_t>(std::ranges::count_if(row_, [this](const std::string_view& name) {
      return column_named(name) || before_named(name) || is_ignored_name(name) || is_timestamp_name(name) ||
             is_operation_name(name);
    }));
  }

  bool names_key() const {
    return std::ranges::all_of(columns_, [this](const TableColumn& column) {
      return !column.in_key || std::ranges::any_of(row_, [&](auto name) {
        const auto found = columns_named(name);
        return std::ranges::any_of(found, [&](auto i) { return &columns_[i] == &column; });
      });
    });
  }

  // Whether the row can't be data: it names the whole key, and has more names than other values.
  bool names_columns() const { return names_key() && count_names() * 2 > row_.size(); }

  // A value may be equal to a column name, so a header is a row that names the whole key, and has more names
  // than other values.
  bool is_header() const {
    const auto known = count_names();
    const bool key_named = names_key();
    if (known * 2 <= row_.size()) {
      if (key_named && question_.drift != SchemaDrift::Stop) refuse_doubtful_header();
      return false;
    }
    const bool with_operation = is_operation_name(row_[0]) && !column_named(row_[0]);
    if (row_.size() == 1 ? key_named : !key_named && !with_operation && known >= 3) refuse_doubtful_header();
    return key_named || with_operation;
  }

  [[noreturn]] void refuse_doubtful_header() const {
    refuse(fmt::format("the first row ({}) may be a header or data; set FORMAT=header=yes or no",
                       fields_text()));
  }

  bool is_operation_name(const std::string_view& name) const {
    return &name == row_.data() && same_name(name, "Op");
  }

  // Whether the header's first name, "Op", is the operation or a column of that name.
  bool first_is_operation() const {
    const auto& format = question_.format;
    if (row_.empty() || !same_name(row_[0], "Op")) return false;
    if (!column_named("Op")) return true;
    const auto others =
        std::count_if(row_.begin() + 1, row_.end(), [](auto name) { return same_name(name, "Op"); });
    if (others != 0) return true;
    if (format.operation == Present::Auto) {
      refuse(
          "the header starts with Op, which may be the operation or the table's column of that name; set "
          "FORMAT=op=always, changes or never");
    }
    return format.operation == Present::Always || (format.operation == Present::Changes && !full_load());
  }

  std::vector<Slot> header_slots() {
    note_exact_names();
    for (const auto& name : row_) check_unambiguous(name);
    std::vector<Slot> slots;
    std::vector<std::size_t> unknown;
    const bool operation = first_is_operation();
    for (std::size_t i = 0; i < row_.size(); ++i) {
      if (i == 0 && operation) {
        slots.push_back({Slot::Kind::Operation});
      } else if (const auto column = column_named(row_[i]); column && !is_ignored_name(row_[i])) {
        slots.push_back({Slot::Kind::Column, *column});
      } else if (const auto before = before_named(row_[i])) {
        slots.push_back({Slot::Kind::Before, *before});
      } else {
        slots.push_back({Slot::Kind::Ignored});
        if (!is_ignored_name(row_[i]) && !is_timestamp_name(row_[i])) unknown.push_back(i);
      }
    }
    if (question_.drift != SchemaDrift::Ignore) {
      for (const auto field : unknown) check_not_reserved(field);
    }
    if (question_.drift == SchemaDrift::Stop && !unknown.empty()) refuse_unknown(unknown);
    for (const auto field : unknown) {
      if (question_.drift == SchemaDrift::Ignore) {
        ignored_columns_.push_back(shortened(row_[field], 80));
      } else if (!is_before_of_another(field)) {
        check_addable(field, operation);
        slots[field] = {Slot::Kind::Column, static_cast<std::uint32_t>(columns_.size() + added_.size())};
        added_.push_back(folded_identifier(row_[field]));
        added_fields_.push_back(field);
      }
    }
    return slots;
  }

  void check_unambiguous(std::string_view name) const {
    const auto found = columns_named(name);
    if (found.size() < 2 || is_ignored_name(name)) return;
    std::string names;
    for (const auto i : found) names += (names.empty() ? "" : " or ") + in_words(columns_[i]);
    refuse(fmt::format("column {} of the header is ambiguous, it differs only in case from {}",
                       shortened(name), names));
  }

  [[noreturn]] void refuse_unknown(const std::vector<std::size_t>& fields) const {
    std::string names;
    for (const auto field : fields) names += (names.empty() ? "" : ", ") + shortened(row_[field], 80);
    const auto what = fmt::format("the file has {} that table {} lacks: {}",
                                  fields.size() == 1 ? "a column" : "columns", question_.entity, names);
    const auto whole = fmt::format(
        "{} (if one has or had another name in the table, add it to the sentences of the column's comment: "
        "{})",
        what, comment_on(row_[fields.front()]));
    refuse(whole, unknown_columns_hint, surely_header_ ? what : columns_differ);
  }

  // Columns that every table has, from the loader or PostgreSQL.
  void check_not_reserved(std::size_t field) const {
    const auto name = row_[field];
    if (const auto lower = lower_case(name); !is_system_column(lower) && !is_loader_column(lower)) return;
    throw Error::bad_delivery(
        fmt::format("the file has a column {}, which is reserved in table {} and can't be loaded from files",
                    shortened(name), question_.entity),
        fmt::format("Ignore it with COLUMNS=-{}, or load it into a column of another name: {}",
                    shortened(name), comment_on(name)));
  }

  // SQL for the user to complete.
  std::string comment_on(std::string_view name) const {
    std::string sentence;
    for (const char c : printable_line(source_column_sentence(shortened(name, 300)))) {
      if (c == '\'') sentence += c;
      sentence += c;
    }
    return fmt::format("COMMENT ON COLUMN {}.its_name IS '{}';", question_.entity, sentence);
  }

  // "BI_note", if note is new as well.
  bool is_before_of_another(std::size_t field) const {
    const std::string_view name = row_[field], prefix = question_.format.before_image;
    if (prefix.empty() || name.size() <= prefix.size() || !same_name(name.substr(0, prefix.size()), prefix))
      return false;
    return std::ranges::any_of(row_,
                               [&](auto other) { return same_name(other, name.substr(prefix.size())); });
  }

  // A new column of the source follows the older ones; one before all of them may be DMS's timestamp, which
  // isn't a column of the source.
  void check_addable(std::size_t field, bool operation) const {
    const auto& format = question_.format;
    const auto name = truncated_identifier(row_[field]);
    if (field == (operation ? 1U : 0U) && format.timestamp_name.empty() &&
        format.timestamp != Present::Never) {
      refuse(fmt::format(
          "column {} of the header may be DMS's timestamp (then set FORMAT=timestamp_name={}), or a "
          "new column of {} (then set FORMAT=timestamp=never)",
          shortened(name), shortened(name), question_.entity));
    }
    if (name.empty()) refuse(fmt::format("field {} of the header has no name", field + 1));
    if (first_bad_byte(name) != name.size()) {
      refuse(fmt::format(
          "the name in field {} of the header ({}) has a NUL byte or is not valid UTF-8, so it can't "
          "be a column name",
          field + 1, shortened(name)));
    }
    // It would be added under a name that the table uses for another column of the source.
    if (const auto other =
            std::ranges::find_if(columns_, [&](const auto& column) { return same_name(column.name, name); });
        other != columns_.end()) {
      refuse(fmt::format(
          "the file has a column {} that table {} lacks: its column {} belongs to another column of "
          "the source (add one under another name, with {})",
          shortened(name), question_.entity, in_words(*other), comment_on(name)));
    }
    if (const auto other = std::ranges::find(added_, folded_identifier(name)); other != added_.end())
      refuse_two_fields(added_fields_[static_cast<std::size_t>(other - added_.begin())], field, *other);
  }

  // Two fields of the header belong to the same column. A field that isn't a column of the table may be a
  // value.
  [[noreturn]] void refuse_two_fields(std::size_t first, std::size_t second,
                                      const std::string& column) const {
    const auto one = shortened(row_[first], 80);
    const auto other = shortened(row_[second], 80);
    const bool same = row_[first] == row_[second];
    const auto what = same ? fmt::format("the file has column {} twice", one)
                           : fmt::format("the file has columns {} and {}, which are both column {} of {}",
                                         one, other, column, question_.entity);
    const auto hint = same ? fmt::format("Correct them at the source, or ignore both with COLUMNS=-{}.", one)
                           : fmt::format("Name each of them in the comment of a separate column: {} and {}",
                                         comment_on(row_[first]), comment_on(row_[second]));
    if (column_named(row_[first])) refuse(what, hint);
    refuse(fmt::format("{}. {}", what, hint));
  }

  // -- By the width.

  std::vector<bool> options_for(Present present, bool auto_may_lack) const {
    switch (present) {
      case Present::Always:
        return {true};
      case Present::Never:
        return {false};
      case Present::Changes:
        return {!full_load()};
      case Present::Auto:
        break;
    }
    return auto_may_lack ? std::vector{true, false} : std::vector{true};
  }

  // Possible sets of columns for a file without a header: those added up to each of these deliveries, tried
  // in this order. A file that is loaded again after a column was added may be older than the column.
  std::vector<std::uint64_t> stages() const {
    const auto last =
        question_.loaded_as != 0 ? question_.loaded_as : std::numeric_limits<std::uint64_t>::max();
    std::set<std::uint64_t, std::greater<>> all{last};
    for (const auto& column : columns_) {
      if (column.added_by != 0 && column.added_by <= last) all.insert(column.added_by - 1);
    }
    return {all.begin(), all.end()};
  }

  std::vector<Reading> readings(std::uint64_t stage) const {
    std::vector<Reading> all;
    if (question_.entries.empty()) {
      const auto said = question_.in_transactions ? Present::Always : question_.format.operation;
      for (const bool operation : options_for(said, true)) {
        for (const bool timestamp : options_for(question_.format.timestamp, true)) {
          ColumnEntries entries;
          if (operation) entries.push_back({ColumnEntry::Kind::Operation});
          if (timestamp) entries.push_back({ColumnEntry::Kind::Timestamp});
          entries.push_back({ColumnEntry::Kind::Rest});
          all.push_back(reading(entries, true, stage));
        }
      }
      return all;
    }
    if (question_.in_transactions) {
      auto entries = question_.entries;
      std::erase_if(entries, [](const auto& entry) { return entry.kind == ColumnEntry::Kind::Operation; });
      entries.insert(entries.begin(), ColumnEntry{.kind = ColumnEntry::Kind::Operation});
      return {reading(entries, true, stage)};
    }
    const bool listed = std::ranges::any_of(question_.entries, [](const ColumnEntry& entry) {
      return entry.kind == ColumnEntry::Kind::Operation;
    });
    // DMS omits Op in full loads by default.
    for (const bool operation :
         listed ? options_for(question_.format.operation, full_load()) : std::vector{false})
      all.push_back(reading(question_.entries, operation, stage));
    return all;
  }

  Slot named(const std::string& name) const {
    if (const auto column = column_listed(name))
      return {Slot::Kind::Column, *column, !columns_[*column].in_key};
    if (const auto before = before_named(name)) return {Slot::Kind::Before, *before, true};
    throw Error::configuration(
        fmt::format("COLUMNS names {}, which is not a column of {}", shortened(name, 80), question_.entity),
        "Write -name for a field that the table has no column for.");
  }

  Reading reading(const ColumnEntries& entries, bool with_operation, std::uint64_t stage) const {
    std::set<std::uint32_t> mentioned;
    for (const auto& entry : entries) {
      const bool column = entry.kind == ColumnEntry::Kind::Named || entry.kind == ColumnEntry::Kind::Ignored;
      if (const auto found = column ? column_listed(entry.name) : std::nullopt) mentioned.insert(*found);
    }
    Reading result;
    for (const auto& entry : entries) {
      switch (entry.kind) {
        case ColumnEntry::Kind::Operation:
          if (with_operation) result.slots.push_back({Slot::Kind::Operation});
          if (question_.in_transactions) result.slots.insert(result.slots.end(), 2, {Slot::Kind::Names});
          break;
        case ColumnEntry::Kind::Timestamp:
          result.slots.push_back({Slot::Kind::Timestamp});
          break;
        case ColumnEntry::Kind::Rest:
          for (std::uint32_t i = 0; i < columns_.size(); ++i) {
            if (!mentioned.contains(i) && columns_[i].added_by <= stage)
              result.slots.push_back({Slot::Kind::Column, i});
          }
          break;
        case ColumnEntry::Kind::Named:
          result.slots.push_back(named(entry.name));
          break;
        case ColumnEntry::Kind::Ignored:
          result.slots.push_back({Slot::Kind::Ignored, 0, true});
          break;
      }
    }
    result.least = result.slots.size();
    while (result.least > 0 && result.slots[result.least - 1].optional) --result.least;
    const auto behind_rest = std::find_if(entries.rbegin(), entries.rend(), [](const ColumnEntry& entry) {
      return entry.kind != ColumnEntry::Kind::Ignored;
    });
    result.extensible = behind_rest != entries.rend() && behind_rest->kind == ColumnEntry::Kind::Rest;
    return result;
  }

  bool fits(const Reading& reading) const {
    return row_.size() >= reading.least && row_.size() <= reading.slots.size() && begins_as(reading);
  }

  // Whether the row fits with additional fields at the end.
  bool fits_wider(const Reading& reading) const {
    if (row_.size() <= reading.slots.size() || !reading.extensible || !begins_as(reading)) return false;
    return reading.slots.front().kind == Slot::Kind::Operation || !may_begin_with_operation();
  }

  bool begins_as(const Reading& reading) const {
    for (std::size_t i = 0; i < std::min(row_.size(), reading.slots.size()); ++i) {
      if (reading.slots[i].kind == Slot::Kind::Operation && !is_operation(row_[i])) return false;
      if (reading.slots[i].kind == Slot::Kind::Timestamp && !is_timestamp(row_[i])) return false;
    }
    return true;
  }

  // Where the number of fields is right, but a field isn't what it should be.
  std::string misfit(const Reading& reading) const {
    if (row_.size() < reading.least || row_.size() > reading.slots.size()) return {};
    for (std::size_t i = 0; i < row_.size(); ++i) {
      if (reading.slots[i].kind == Slot::Kind::Operation && !is_operation(row_[i]))
        return fmt::format(", but field {} is not I, U or D", i + 1);
      if (reading.slots[i].kind == Slot::Kind::Timestamp && !is_timestamp(row_[i]))
        return fmt::format(", but field {} is not a timestamp", i + 1);
    }
    return {};
  }

  std::string described(const Reading& reading) const {
    std::string text;
    std::size_t columns = 0;
    std::size_t others = 0;
    for (const auto& slot : reading.slots) {
      if (slot.kind == Slot::Kind::Operation)
        text += question_.in_transactions ? "Op, table, schema, " : "Op, ";
      if (slot.kind == Slot::Kind::Timestamp) text += "a timestamp, ";
      if (slot.kind == Slot::Kind::Column) ++columns;
      if (slot.kind == Slot::Kind::Before || slot.kind == Slot::Kind::Ignored) ++others;
    }
    text += fmt::format("{} column{}", columns, columns == 1 ? "" : "s");
    if (others != 0) text += fmt::format(", {} more field{}", others, others == 1 ? "" : "s");
    const auto most = reading.slots.size();
    return text + (reading.least == most ? fmt::format(" ({} field{})", most, most == 1 ? "" : "s")
                                         : fmt::format(" ({} to {} fields)", reading.least, most));
  }

  std::vector<Slot> width_slots() {
    const auto stages = this->stages();
    auto all = readings(stages.front());
    for (const auto stage : stages) {
      auto earlier = readings(stage);
      // A loaded file can't have had a layout that check_operation_is_meant() refuses.
      const auto is_possible = [this](const Reading& one) {
        return fits(one) && (question_.loaded_as == 0 || !may_begin_with_operation() ||
                             one.slots.front().kind == Slot::Kind::Operation);
      };
      if (std::ranges::none_of(earlier, is_possible)) continue;
      all = std::move(earlier);
      break;
    }
    const auto may_be = [&](const Reading& one) {
      return fits(one) || (question_.drift == SchemaDrift::Ignore && fits_wider(one));
    };
    std::vector<const Reading*> fitting;
    for (const auto& one : all) {
      if (may_be(one)) fitting.push_back(&one);
    }
    if (fitting.size() == 1) {
      check_operation_is_meant(*fitting.front());
      auto slots = fitting.front()->slots;
      if (const auto known = slots.size(); row_.size() > known) {
        const auto more = row_.size() - known;
        ignored_columns_.push_back(
            fmt::format("{} field{} at the end of its rows", more, more == 1 ? "" : "s"));
      }
      slots.resize(row_.size(), {Slot::Kind::Ignored});
      return slots;
    }
    std::string texts;
    for (const auto& one : all) {
      if (!fitting.empty() && !may_be(one)) continue;
      texts += (texts.empty() ? "" : "; or ") + described(one) + misfit(one);
      if (!fitting.empty() && row_.size() > one.slots.size())
        texts += fmt::format(", and {} new", row_.size() - one.slots.size());
    }
    if (!fitting.empty())
      refuse(fmt::format("the row{} ({}) is ambiguous, it may have: {}", of_table(), fields_text(), texts));
    const bool nameless = question_.drift == SchemaDrift::Add &&
                          std::ranges::any_of(all, [this](const auto& one) { return fits_wider(one); });
    const bool wider = std::ranges::any_of(
        all, [this](const auto& one) { return begins_as(one) && row_.size() > one.slots.size(); });
    const auto count = fmt::format("{} field{}", row_.size(), row_.size() == 1 ? "" : "s");
    const auto expected = fmt::format(
        "expected: {}{}", texts,
        nameless
            ? "; without a header (AddColumnName) a new column can't be added, because its name is unknown: "
              "if it is the last one at the source, add it to the table yourself"
            : "");
    refuse(fmt::format("the row{} has {} ({}); {}", of_table(), count, fields_text(), expected),
           wider ? wider_row_hint : layout_hint,
           fmt::format("the row{} has {}; {}", of_table(), count, expected));
  }

  // Whether only the row itself shows if there is an Op, and its first field could be one.
  bool may_begin_with_operation() const {
    const bool said = question_.format.operation != Present::Auto || !question_.entries.empty();
    return !said && !full_load() && is_operation(row_[0]);
  }

  // Change rows without Op are inserts (CdcInsertsOnly), but a row whose first field could be Op may also be
  // from a file that lacks a column.
  void check_operation_is_meant(const Reading& reading) const {
    if (reading.slots.front().kind == Slot::Kind::Operation || !may_begin_with_operation()) return;
    refuse(fmt::format(
        "the row ({}) is ambiguous, it may have: {} columns without Op, with every row an insert (then set "
        "FORMAT=op=never); or Op and {} of the table's {} columns",
        fields_text(), row_.size(), row_.size() - 1, columns_.size()));
  }

  // -- From slots to the layout.

  [[noreturn]] static void refuse_without_key(const TableColumn& column) {
    const auto what =
        fmt::format("the file lacks column {}, which is part of the table's key", in_words(column));
    refuse(what, layout_hint, what);
  }

  RowLayout shape(const std::vector<Slot>& slots, bool header) const {
    RowLayout result;
    result.header = header;
    ColumnMapping carried{
        .columns = {}, .known = static_cast<std::uint32_t>(columns_.size()), .added = added_};
    if (!question_.types.empty()) {
      for (const auto field : added_fields_) carried.added_types.push_back(question_.types.at(field));
    }
    std::vector<std::int32_t> place_of(columns_.size() + added_.size(), RowLayout::none);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      result.places.push_back(RowLayout::none);
      const auto& slot = slots[i];
      if (slot.kind == Slot::Kind::Operation) result.operation = static_cast<std::int32_t>(i);
      if (slot.kind != Slot::Kind::Column) continue;
      if (place_of[slot.column] != RowLayout::none) {
        const auto name = in_words(columns_[slot.column]);
        if (!header) refuse(fmt::format("COLUMNS names column {} twice", name));
        const auto first = std::ranges::find(result.places, place_of[slot.column]);
        refuse_two_fields(static_cast<std::size_t>(first - result.places.begin()), i, name);
      }
      place_of[slot.column] = result.places.back() = static_cast<std::int32_t>(carried.columns.size());
      carried.columns.push_back(slot.column);
    }
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].kind != Slot::Kind::Before || !columns_[slots[i].column].in_key) continue;
      const auto place = place_of[slots[i].column];
      if (place != RowLayout::none)
        result.before.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(place)});
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].in_key && place_of[i] == RowLayout::none) refuse_without_key(columns_[i]);
    }
    result.mapping = std::make_shared<const ColumnMapping>(std::move(carried));
    return result;
  }

  const std::vector<std::string_view>& row_;
  const LayoutQuestion& question_;
  const TableColumns& columns_;
  std::vector<std::string> added_, ignored_columns_;
  std::vector<std::size_t> added_fields_;  // the header's field for each of added_
  bool surely_header_ = false;
  std::vector<bool> exactly_named_;  // by column: a field of the header has its exact name; empty: no header
};

std::optional<Operation> read_operation(std::string_view text) {
  if (text == "I" || same_name(text, "i") || same_name(text, "insert")) return Operation::Insert;
  if (text == "U" || same_name(text, "u") || same_name(text, "update")) return Operation::Update;
  if (text == "D" || same_name(text, "d") || same_name(text, "delete")) return Operation::Delete;
  return std::nullopt;
}

}  // namespace

RowLayout row_layout(const std::vector<std::string_view>& first_row, const LayoutQuestion& question) {
  return ShapeFinder(first_row, question).find();
}

bool is_operation(std::string_view text) { return read_operation(text).has_value(); }

Operation operation_of(std::string_view text) {
  if (const auto operation = read_operation(text)) return *operation;
  throw Error::bad_delivery(fmt::format("Op is '{}'; expected I, U or D", shortened(text, 40)),
                            "Compare the object with its source; nothing from it was loaded.")
      .without_values("Op is not I, U or D");
}

}  // namespace peo::decode
