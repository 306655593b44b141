#include "tables/survey/table_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/names_text.hpp"
#include "decode/row_layout.hpp"
#include "tables/survey/grouped.hpp"
#include "tables/survey/headerless_layout.hpp"
#include "tables/survey/value_type.hpp"

namespace peo::survey {
namespace {

constexpr std::size_t longest_name = 128;  // in SQL Server

// Any text may be a name, but no number, date or the like is one; and no two are the same.
bool could_be_header(const std::vector<std::string>& row) {
  return std::all_of(row.begin(), row.end(),
                     [](const auto& text) {
                       return !text.empty() && text.size() <= longest_name &&
                              classify(text).kind == Kind::Text && text.find('\n') == std::string::npos;
                     }) &&
         std::set(row.begin(), row.end()).size() == row.size();
}

// Some column holds nothing but numbers, dates and the like below a first row of words.
bool differs_from_rest(const FileHead& head) {
  for (std::size_t column = 0; column < head.width(); ++column) {
    std::size_t values = 0;
    const bool plain = std::all_of(head.rows.begin() + 1, head.rows.end(), [&](const auto& row) {
      if (row[column].empty() || row[column] == "NULL") return true;
      ++values;
      return classify(row[column]).kind != Kind::Text;
    });
    if (plain && values > 0) return true;
  }
  return false;
}

// "Op" above a column of operations, whatever the other names look like (2024).
bool is_above_operations(const FileHead& head) {
  return head.rows.size() > 1 && same_name(head.rows.front().front(), "Op") &&
         std::all_of(head.rows.begin() + 1, head.rows.end(),
                     [](const auto& row) { return decode::is_operation(row.front()); });
}

bool has_header(const FileHead& head, const std::vector<FileHead>& heads) {
  if (head.rows.empty()) return false;
  const auto& row = head.rows.front();
  const auto names = [&](const FileHead& other) {
    if (!is_above_operations(other)) return false;
    const auto& header = other.rows.front();
    return header == row || std::equal(header.begin() + 1, header.end(), row.begin(), row.end());
  };
  if (std::any_of(heads.begin(), heads.end(), names)) return true;
  if (!could_be_header(row)) return false;
  if (same_name(row.front(), "Op") || differs_from_rest(head)) return true;
  return std::any_of(heads.begin(), heads.end(), [&](const FileHead& other) {
    return &other != &head && other.file.kind == head.file.kind && !other.rows.empty() &&
           other.rows.front() == row;
  });
}

// Op is the first field: FORMAT or COLUMNS say so, or it holds an operation in every row.
bool begins_with_operation(const FileHead& head, bool header, const KnownTable& known) {
  const auto first = head.rows.begin() + (header ? 1 : 0);
  if (header) return same_name(head.rows.front().front(), "Op");
  const auto present = known.format.operation;
  if (present != Present::Auto)
    return present == Present::Always ||
           (present == Present::Changes && head.file.kind == DeliveryKind::Change);
  const bool listed =
      known.entries.empty() || std::any_of(known.entries.begin(), known.entries.end(), [](const auto& entry) {
        return entry.kind == ColumnEntry::Kind::Operation;
      });
  return listed && first < head.rows.end() && std::all_of(first, head.rows.end(), [](const auto& row) {
           return decode::is_operation(row.front());
         });
}

struct Shape {
  const FileHead* head;
  bool header, operation;
  std::size_t columns() const { return head->width() - (operation ? 1 : 0); }
};

bool contains_name(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const auto& one) { return same_name(one, name); });
}

// How a file differs from the base.
struct Difference {
  bool header = false;
  std::size_t columns = 0;
  std::vector<std::string> added, missing;              // names, if both have a header
  auto operator<=>(const Difference&) const = default;  // NOLINT(modernize-use-nullptr)
};

std::vector<std::string> names_only_in(const std::vector<std::string>& row,
                                       const std::vector<std::string>& other) {
  std::vector<std::string> names;
  std::ranges::copy_if(row, std::back_inserter(names), [&](const std::string& name) {
    return !same_name(name, "Op") && !contains_name(other, name);
  });
  return names;
}

Difference difference(const Shape& other, const Shape& base, const TableShape& shape) {
  Difference found{.header = other.header, .columns = other.columns(), .added = {}, .missing = {}};
  if (!other.header || !base.header) return found;
  found.added = names_only_in(other.head->rows.front(), base.head->rows.front());
  // Columns that DMS adds may be missing from some files.
  std::erase_if(found.added, [&](const auto& name) { return is_before_image(name, shape.known.format); });
  found.missing = names_only_in(shape.columns, other.head->rows.front());
  return found;
}

std::string columns_text(const std::vector<std::string>& names) {
  return (names.size() == 1 ? "column " : "columns ") + names_text(names);
}

// Why files with another layout than `base` are excluded.
std::string layout_text(const Difference& found, const std::string& file, const Shape& base) {
  const auto& other = base.head->file.object.key;
  std::string text;
  if (found.added.empty()) {
    text = fmt::format("{} has {}, but {} has {}", file, counted(found.columns, "column"), other,
                       base.columns());
  } else {
    text = fmt::format("{} has the {}, which {} lacks", file, columns_text(found.added), other);
    if (!found.missing.empty()) text += fmt::format(", and lacks the {}", columns_text(found.missing));
  }
  text +=
      ": the source table has changed, or one of them has columns that DMS adds. Files with another layout "
      "than "
      "the latter are excluded from the statistics.";
  if (base.header)
    text +=
        " If a column was renamed, its comment may have one sentence per name: Source column: old name. "
        "Source "
        "column: new name.";
  return text;
}

// A sentence for each way in which files differ, however many do.
void report_differences(const std::vector<Shape>& shapes, const Shape& base, TableShape& shape) {
  std::map<Difference, std::vector<const Shape*>> ways;
  for (const auto& other : shapes) {
    const bool fits =
        shape.fields_of(other.head->file.kind, other.head->rows.front(), other.head->file.object.key)
            .has_value();
    if (other.header != base.header || !fits) ways[difference(other, base, shape)].push_back(&other);
  }
  for (const auto& [found, some] : ways) {
    auto file = some.front()->head->file.object.key;
    if (some.size() > 1) file += fmt::format(" (and {} more of the checked files)", some.size() - 1);
    shape.doubts.push_back(found.header == base.header
                               ? layout_text(found, file, base)
                               : fmt::format("{} seems to {} a header row, unlike {}.", file,
                                             found.header ? "have" : "lack", base.head->file.object.key));
  }
}

void take_names_of_header(const Shape& base, TableShape& shape) {
  const auto& row = base.head->rows.front();
  const auto& known = shape.known;
  shape.names = TableShape::Names::Header;
  for (std::size_t i = base.operation ? 1 : 0; i < row.size(); ++i) {
    const auto& name = row[i];
    const bool ignored = std::any_of(known.entries.begin(), known.entries.end(), [&](const auto& entry) {
      return entry.kind == ColumnEntry::Kind::Ignored && same_name(entry.name, name);
    });
    const bool before = is_before_image(name, known.format) &&
                        contains_name(row, name.substr(known.format.before_image.size()));
    const bool timestamp =
        !known.format.timestamp_name.empty() && same_name(known.format.timestamp_name, name);
    (ignored || before || timestamp ? shape.ignored_columns : shape.columns).push_back(name);
  }
}

// What a first row may be that was taken for data, where FORMAT could say better.
void doubt_first_row(const FileHead& head, TableShape& shape) {
  const auto& row = head.rows.front();
  if (row.size() == 1) {
    constexpr std::array<std::pair<char, const char*>, 3> others{
        {{'|', "pipe"}, {';', "semicolon"}, {'\t', "tab"}}};
    for (const auto& [byte, word] : others) {
      if (row.front().find(byte) != std::string::npos) {
        shape.doubts.push_back(
            fmt::format("Each row has a single field ({}). If that is wrong, add delimiter={} to FORMAT and "
                        "start again.",
                        shortened(row.front(), 40), word));
        return;
      }
    }
  }
  if (could_be_header(row) && !shape.known.format.header)
    shape.doubts.push_back(
        fmt::format("The first row ({}, …) is read as data. If it is a header, add header=yes to FORMAT and "
                    "start again.",
                    shortened(row.front(), 40)));
}

// The columns that COLUMNS doesn't name are numbered. What DMS adds at the end may be missing from older
// files, so the file that leaves most room for columns carries everything.
void number_columns(const std::vector<const std::vector<Shape>*>& all, const Shape& base, TableShape& shape) {
  const auto kind = base.head->file.kind;
  auto unnamed = unnamed_columns(shape.known, kind, base.operation, base.head->width());
  if (!shape.known.entries.empty()) {
    for (const auto* some : all) {
      for (const auto& other : *some)
        unnamed = std::max(unnamed, unnamed_columns(shape.known, other.head->file.kind, other.operation,
                                                    other.head->width()));
    }
  }
  const auto layout = headerless_layout(shape.known, kind, base.operation, unnamed);
  for (const auto& name : layout.names) {
    if (!name.empty()) shape.names = TableShape::Names::Settings;
    shape.columns.push_back(name.empty() ? fmt::format("column_{}", shape.columns.size() + 1) : name);
  }
}

TableShape guess(const std::vector<FileHead>& heads, const KnownTable& known) {
  TableShape shape;
  shape.known = known;
  shape.known.columns.clear();
  std::vector<Shape> loads;
  std::vector<Shape> changes;
  for (const auto& head : heads) {
    if (head.rows.empty()) continue;
    const bool header =
        format_of(head.file.object.key, known.format).header.value_or(has_header(head, heads));
    (head.file.kind == DeliveryKind::FullLoad ? loads : changes)
        .push_back({&head, header, begins_with_operation(head, header, known)});
  }
  if (loads.empty() && changes.empty()) return shape;
  // The newest change file speaks for the table as it is now; a full load says whether the first field is Op.
  auto base = loads.empty() ? changes.back() : loads.front();
  shape.header = base.header;
  shape.operation_in_changes = !changes.empty() && changes.back().operation;
  const bool told = known.format.operation != Present::Auto || !known.entries.empty();
  shape.operation_in_loads =
      !loads.empty() && loads.front().operation &&
      (told || base.header || changes.empty() || changes.back().columns() + 1 == loads.front().head->width());
  base.operation = loads.empty() ? shape.operation_in_changes : shape.operation_in_loads;
  if (shape.header) {
    take_names_of_header(base, shape);
  } else {
    number_columns({&loads, &changes}, base, shape);
    doubt_first_row(*base.head, shape);
  }
  report_differences(loads, base, shape);
  report_differences(changes, base, shape);
  if (!changes.empty() && !shape.operation_in_changes && known.format.operation == Present::Auto) {
    shape.doubts.emplace_back(
        "The rows of change files don't begin with I, U or D: the task may write inserts only "
        "(CdcInsertsOnly).");
  }
  return shape;
}

// As the loader reads the files into the table. Nothing when it would refuse all of them; `refusal` says why.
std::optional<TableShape> by_table(const std::vector<FileHead>& heads, const KnownTable& known,
                                   std::string& refusal) {
  TableShape shape;
  shape.names = TableShape::Names::Sql;
  shape.known = known;
  for (std::size_t i = 0; i < known.columns.size(); ++i) {
    shape.columns.push_back(known.columns[i].name);
    if (known.columns[i].in_key) shape.key.push_back(i);
  }
  bool some = false;
  for (const auto& head : heads) {
    if (head.rows.empty()) continue;
    try {
      const std::vector<std::string_view> first(head.rows.front().begin(), head.rows.front().end());
      const auto fields = decode::row_layout(first, {.kind = head.file.kind,
                                                     .entity = known.name,
                                                     .columns = known.columns,
                                                     .format = format_of(head.file.object.key, known.format),
                                                     .entries = known.entries});
      some = true;
      shape.header = shape.header || fields.header;
      (head.file.kind == DeliveryKind::FullLoad ? shape.operation_in_loads : shape.operation_in_changes) =
          fields.operation != decode::RowLayout::none;
    } catch (const Error& error) {
      refusal = fmt::format("{}: the loader would reject it: {}.", head.file.object.key, error.what());
      shape.doubts.push_back(refusal);
    }
  }
  if (!some) return std::nullopt;
  return shape;
}

}  // namespace

FileHead read_head(source::Source& source, const TableFile& file, const Cancellation& stop,
                   const ReadSettings& settings, const OnUnreadable& on_unreadable) {
  FileHead head{.file = file, .rows = {}};
  try {
    RowReader reader(source, file.object, stop, settings);
    while (head.rows.size() < FileHead::most_rows) {
      const auto* values = reader.next();
      if (values == nullptr) break;
      auto& row = head.rows.emplace_back();
      for (const auto& value : *values) row.emplace_back(value.text);
    }
  } catch (const Error& error) {
    if (!on_unreadable) throw;
    on_unreadable(file, error);
  }
  return head;
}

TableShape find_shape(const std::vector<FileHead>& heads, const KnownTable& known) {
  if (known.columns.empty()) return guess(heads, known);
  std::string refusal;
  if (auto shape = by_table(heads, known, refusal)) return *shape;
  auto shape = guess(heads, known);
  if (!shape.columns.empty())
    shape.doubts.push_back(fmt::format("The SQL has a table {}, but none of the checked files matches it. {}",
                                       known.name, refusal));
  return shape;
}

TableShape find_shape(source::Source& source, const TableFiles& files, const Cancellation& stop,
                      const ReadSettings& settings, const KnownTable& known,
                      const OnUnreadable& on_unreadable) {
  std::vector<FileHead> heads;
  for (const auto* group : {&files.loads, &files.changes}) {
    for (const auto* some : {&group->first, &group->last}) {
      for (const auto& file : *some) heads.push_back(read_head(source, file, stop, settings, on_unreadable));
    }
  }
  return find_shape(heads, known);
}

}  // namespace peo::survey
