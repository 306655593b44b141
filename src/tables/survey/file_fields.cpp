// TableShape::fields_of: which field of a file is which column.
#include <algorithm>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "decode/row_layout.hpp"
#include "tables/survey/headerless_layout.hpp"
#include "tables/survey/table_shape.hpp"

namespace peo::survey {
namespace {

using FirstRow = std::vector<std::string>;

// As the loader reads it into a table of such columns.
std::optional<FileFields> by_table(const TableShape& shape, const KnownTable& known, DeliveryKind kind,
                                   const FirstRow& row) {
  try {
    const std::vector<std::string_view> first(row.begin(), row.end());
    const auto found = decode::row_layout(first, {.kind = kind,
                                                  .entity = known.name,
                                                  .columns = known.columns,
                                                  .format = known.format,
                                                  .entries = known.entries});
    FileFields fields{.header = found.header, .operation = found.operation, .places = {}};
    fields.places.assign(shape.columns.size(), FileFields::none);
    for (std::size_t field = 0; field < found.places.size(); ++field) {
      if (found.places[field] == decode::RowLayout::none) continue;
      const auto place = static_cast<std::size_t>(found.places[field]);
      fields.places[found.mapping->columns[place]] = static_cast<std::int32_t>(field);
    }
    return fields;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::BadDelivery) throw;
    return std::nullopt;
  }
}

// A header may name some of the columns, in any order, and nothing else.
std::optional<FileFields> by_header(const TableShape& shape, const FirstRow& row) {
  FileFields fields{.header = true, .operation = FileFields::none, .places = {}};
  fields.places.assign(shape.columns.size(), FileFields::none);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto is = [&](const auto& name) { return same_name(name, row[i]); };
    auto column = std::ranges::find(shape.columns, row[i]);  // some names may differ only by case
    if (column == shape.columns.end()) column = std::find_if(shape.columns.begin(), shape.columns.end(), is);
    const auto field = static_cast<std::int32_t>(i);
    if (i == 0 && same_name(row[i], "Op")) {
      fields.operation = field;
    } else if (column != shape.columns.end()) {
      fields.places[static_cast<std::size_t>(column - shape.columns.begin())] = field;
    } else if (std::none_of(shape.ignored_columns.begin(), shape.ignored_columns.end(), is) &&
               !is_before_image(row[i], shape.known.format)) {
      return std::nullopt;
    }
  }
  return fields;
}

std::optional<FileFields> by_layout(const TableShape& shape, DeliveryKind kind, const FirstRow& row) {
  const auto width = row.size();
  const bool operation = shape.has_operation(kind);
  std::size_t named = 0;
  for (const auto& name : headerless_layout(shape.known, kind, operation, 0).names)
    named += name.empty() ? 0U : 1U;
  const auto layout = headerless_layout(shape.known, kind, operation, shape.columns.size() - named);
  if (!layout.fits(width)) {  // with Op or a timestamp that the other files lack?
    if (!shape.known.entries.empty()) return std::nullopt;
    auto known = shape.known;
    for (const auto& name : shape.columns) known.columns.push_back({name});
    known.format.header = false;
    return by_table(shape, known, kind, row);
  }
  FileFields fields;
  for (std::size_t i = 0; i < std::min(width, layout.fields.size()); ++i) {
    const auto field = static_cast<std::int32_t>(i);
    if (layout.fields[i] == FieldKind::Operation) fields.operation = field;
    if (layout.fields[i] == FieldKind::Column) fields.places.push_back(field);
  }
  return fields;
}

}  // namespace

std::optional<FileFields> TableShape::fields_of(DeliveryKind kind, const FirstRow& first_row,
                                                std::string_view object_key) const {
  if (names == Names::Sql) {
    auto of_file = known;
    of_file.format = format_of(object_key, known.format);
    return by_table(*this, of_file, kind, first_row);
  }
  return header || is_parquet(object_key) ? by_header(*this, first_row) : by_layout(*this, kind, first_row);
}

}  // namespace peo::survey
