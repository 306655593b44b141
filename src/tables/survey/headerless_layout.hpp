// The fields of files without a header, of a table whose SQL is not known: Op, what DMS adds, and between
// them the columns, as FORMAT and COLUMNS say. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tables/survey/table_shape.hpp"

namespace peo::survey {

enum class FieldKind { Operation, Column, LeftOut };

struct HeaderlessLayout {
  std::vector<FieldKind> fields;
  std::size_t least = 0;           // fields without those at the end that older files may lack
  std::vector<std::string> names;  // of the columns, where COLUMNS names them; else empty
  bool fits(std::size_t width) const { return width >= least && width <= fields.size(); }
};

// `columns`: how many COLUMNS doesn't name, which it writes as *.
HeaderlessLayout headerless_layout(const KnownTable& known, DeliveryKind kind, bool operation,
                                   std::size_t columns);
// How many those are in a row of `width` fields that carries everything.
std::size_t unnamed_columns(const KnownTable& known, DeliveryKind kind, bool operation, std::size_t width);

// "BI_order_id" is what a column was before.
bool is_before_image(const std::string& name, const FileFormat& format);

}  // namespace peo::survey
