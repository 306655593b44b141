// What decode must know of a target's table: the columns that files may carry, in the table's order.
#pragma once
#include <string>
#include <vector>

namespace peo {

struct TableColumn {
  std::string name;
  bool in_key = false;
};
using TableColumns = std::vector<TableColumn>;

}  // namespace peo
