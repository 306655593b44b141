// The fields of files without a header, of a table whose SQL is unknown: Op, the columns, and the fields that
// DMS adds, as FORMAT and COLUMNS specify. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tables/survey/table_shape.hpp"

namespace peo::survey {

enum class FieldKind { Operation, Column, LeftOut };

struct HeaderlessLayout {
  std::vector<FieldKind> fields;
  std::size_t least = 0;           // number of fields without those at the end that older files may lack
  std::vector<std::string> names;  // of the columns, if COLUMNS names them; else empty
  bool fits(std::size_t width) const { return width >= least && width <= fields.size(); }
};

// `columns`: the number of columns that COLUMNS doesn't name but covers with *.
HeaderlessLayout headerless_layout(const KnownTable& known, DeliveryKind kind, bool operation,
                                   std::size_t columns);
// Their number in a row of `width` fields that has all of them.
std::size_t unnamed_columns(const KnownTable& known, DeliveryKind kind, bool operation, std::size_t width);

// Whether the name is that of a before-image, such as "BI_order_id".
bool is_before_image(const std::string& name, const FileFormat& format);

}  // namespace peo::survey
