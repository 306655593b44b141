// The variables FORMAT and COLUMNS: the CSV format, as far as it can't be detected (base/file_format.hpp,
// docs/file-format.md). Pure functions; they add errors to `problems`.
#pragma once
#include <string_view>

#include "base/file_format.hpp"
#include "config/problems.hpp"

namespace peo::config {

// "header=yes op=never null=NULL,\\N delimiter=tab"
FileFormat read_format(std::string_view text, Problems& problems);

// "Op,Timestamp,*,-change_seq; orders=Op,Timestamp,*,-change_seq,BI_order_id"
ColumnLists read_columns(std::string_view text, Problems& problems);

}  // namespace peo::config
