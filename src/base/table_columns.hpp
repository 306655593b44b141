// What decode needs to know about a table: the columns that files may contain, in the table's order.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace peo {

struct TableColumn {
  std::string name;
  bool in_key = false;
  // The delivery for which SCHEMA_DRIFT=add added it; 0: it is an original column.
  std::uint64_t added_by = 0;
  // Its current and former names at the source (base/source_names.hpp); none: the same.
  std::vector<std::string> sources{};
};
// A column that SCHEMA_DRIFT=add adds; the type in SQL syntax.
struct NewColumn {
  std::string name, type = "text";
  friend bool operator==(const NewColumn&, const NewColumn&) = default;
};

using TableColumns = std::vector<TableColumn>;

}  // namespace peo
