// How a file's rows are read as a table's: which field is Op, how many fields a row must have.
//
// AWS DMS writes full-load rows without Op by default (IncludeOpForFullLoad=false) and change rows with it,
// so files of one table differ in width. The first row decides, and only where there is one way to read it.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/delivery.hpp"
#include "decode/change.hpp"

namespace peo::decode {

struct RowShape {
  bool has_operation = false;  // the first field is Op
  std::size_t width = 0;       // fields in a row of the file, Op included
};

// Throws BadDelivery when the first row fits no way of reading a file of this kind for a table of `columns`
// columns.
RowShape shape_of(const std::vector<std::string_view>& first_row, DeliveryKind kind, std::size_t columns);

// I, U, D (or the words of old DMS versions); throws BadDelivery for anything else.
Operation operation_of(std::string_view text);

}  // namespace peo::decode
