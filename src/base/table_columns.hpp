// What decode must know of a target's table: the columns that files may carry, in the table's order.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace peo {

struct TableColumn {
  std::string name;
  bool in_key = false;
  // The delivery for which SCHEMA_DRIFT=add added it; 0: it was always there.
  std::uint64_t added_by = 0;
  // The names that the source has for it, or had (base/source_names.hpp); none: the same.
  std::vector<std::string> sources{};
};
// A column that SCHEMA_DRIFT=add adds; the type as SQL writes it.
struct NewColumn {
  std::string name, type = "text";
  friend bool operator==(const NewColumn&, const NewColumn&) = default;
};

using TableColumns = std::vector<TableColumn>;

}  // namespace peo
