#include "survey/table_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "survey/names.hpp"
#include "survey/value_kind.hpp"

namespace peo::survey {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == ' ' || c == '$' ||
                  c == '#' || c == '-' || c == '.';
         });
}

bool could_be_header(const std::vector<std::string>& row) {
  return std::all_of(row.begin(), row.end(), is_name) &&
         std::set(row.begin(), row.end()).size() == row.size();
}

// Some column holds nothing but numbers, dates and the like below a first row of words.
bool differs_from_rest(const FileHead& head) {
  for (std::size_t column = 0; column < head.width(); ++column) {
    std::size_t values = 0;
    const bool plain = std::all_of(head.rows.begin() + 1, head.rows.end(), [&](const auto& row) {
      if (row[column].empty() || row[column] == "NULL") return true;
      ++values;
      return look_at(row[column]).kind != Kind::Text;
    });
    if (plain && values > 0) return true;
  }
  return false;
}

bool has_header(const FileHead& head, const std::vector<FileHead>& heads) {
  if (head.rows.empty() || !could_be_header(head.rows.front())) return false;
  if (same_name(head.rows.front().front(), "Op") || differs_from_rest(head)) return true;
  return std::any_of(heads.begin(), heads.end(), [&](const FileHead& other) {
    return &other != &head && other.file.kind == head.file.kind && !other.rows.empty() &&
           other.rows.front() == head.rows.front();
  });
}

// The first field of every row is an operation.
bool begins_with_operation(const FileHead& head, bool header) {
  const auto first = head.rows.begin() + (header ? 1 : 0);
  if (header && same_name(head.rows.front().front(), "Op")) return true;
  return first < head.rows.end() &&
         std::all_of(first, head.rows.end(), [](const auto& row) { return is_operation(row.front()); });
}

struct Shape {
  const FileHead* head;
  bool header, operation;
  std::size_t columns() const { return head->width() - (operation ? 1 : 0); }
};

void compare(const std::vector<Shape>& shapes, const Shape& base, TableShape& shape) {
  for (const auto& other : shapes) {
    if (other.columns() != base.columns()) {
      shape.doubts.push_back(
          fmt::format("{} has {} columns, {} has {}: the source table was changed in between, or one of them "
                      "carries columns of "
                      "DMS's own. Files of another width than {} were left out of the figures.",
                      other.head->file.object.key, other.columns(), base.head->file.object.key,
                      base.columns(), base.columns()));
    }
    if (other.header != base.header)
      shape.doubts.push_back(fmt::format("{} seems to {} a header row, {} seems {}.",
                                         other.head->file.object.key, other.header ? "have" : "lack",
                                         base.head->file.object.key, base.header ? "to have one" : "not to"));
  }
}

}  // namespace

bool is_operation(std::string_view text) {
  return text == "I" || text == "U" || text == "D" || text == "INSERT" || text == "UPDATE" ||
         text == "DELETE";
}

FileHead read_head(source::Source& source, const TableFile& file, const Stop& stop,
                   std::size_t max_row_bytes) {
  FileHead head{.file = file, .rows = {}};
  RowReader reader(source, file.object, stop, max_row_bytes);
  while (head.rows.size() < FileHead::most_rows) {
    const auto* values = reader.next();
    if (values == nullptr) break;
    auto& row = head.rows.emplace_back();
    for (const auto& value : *values) row.emplace_back(value.text);
  }
  return head;
}

TableShape find_shape(const std::vector<FileHead>& heads) {
  TableShape shape;
  std::vector<Shape> loads;
  std::vector<Shape> changes;
  for (const auto& head : heads) {
    if (head.rows.empty()) continue;
    const bool header = has_header(head, heads);
    (head.file.kind == DeliveryKind::FullLoad ? loads : changes)
        .push_back({&head, header, begins_with_operation(head, header)});
  }
  if (loads.empty() && changes.empty()) return shape;
  // The newest change file speaks for the table as it is now; a full load says whether the first field is Op.
  const auto& base = loads.empty() ? changes.back() : loads.front();
  shape.header = base.header;
  shape.operation_in_changes = !changes.empty() && changes.back().operation;
  shape.operation_in_loads =
      !loads.empty() && loads.front().operation &&
      (base.header || changes.empty() || changes.back().columns() + 1 == loads.front().head->width());
  auto chosen = base;
  chosen.operation = loads.empty() ? shape.operation_in_changes : shape.operation_in_loads;
  for (std::size_t i = 0; i < chosen.columns(); ++i) {
    shape.columns.push_back(shape.header ? chosen.head->rows.front()[i + (chosen.operation ? 1 : 0)]
                                         : fmt::format("column_{}", i + 1));
  }
  compare(loads, chosen, shape);
  compare(changes, chosen, shape);
  if (!changes.empty() && !shape.operation_in_changes) {
    shape.doubts.emplace_back(
        "The change files' rows don't begin with I, U or D: perhaps the task writes inserts alone "
        "(CdcInsertsOnly).");
  }
  return shape;
}

TableShape find_shape(source::Source& source, const TableFiles& files, const Stop& stop,
                      std::size_t max_row_bytes) {
  std::vector<FileHead> heads;
  for (const auto* group : {&files.loads, &files.changes}) {
    for (const auto* some : {&group->first, &group->last}) {
      for (const auto& file : *some) heads.push_back(read_head(source, file, stop, max_row_bytes));
    }
  }
  return find_shape(heads);
}

}  // namespace peo::survey
