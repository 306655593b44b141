#include "decode/row_shape.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace peo::decode {

RowShape shape_of(const std::vector<std::string_view>& first_row, DeliveryKind kind, std::size_t columns) {
  const std::size_t fields = first_row.size();
  if (fields == columns + 1) return {.has_operation = true, .width = fields};
  if (fields == columns && kind == DeliveryKind::FullLoad) return {.has_operation = false, .width = fields};
  const auto expected = kind == DeliveryKind::FullLoad
                            ? fmt::format("{} (or {} with Op first)", columns, columns + 1)
                            : fmt::format("{}: Op and the table's {} columns", columns + 1, columns);
  throw Error::bad_delivery(
      fmt::format("the row has {} fields; expected {}", fields, expected),
      "Compare the file's columns with the table's (without event_id and delivery_id).");
}

Operation operation_of(std::string_view text) {
  if (text == "I" || text == "INSERT") return Operation::Insert;
  if (text == "U" || text == "UPDATE") return Operation::Update;
  if (text == "D" || text == "DELETE") return Operation::Delete;
  throw Error::bad_delivery(
      fmt::format("the first field is '{}'; expected Op: I, U or D", shortened(text, 40)),
      "Compare the file's columns with the table's (without event_id and delivery_id).");
}

}  // namespace peo::decode
