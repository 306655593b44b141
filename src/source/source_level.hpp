// Whether bucket_path is the prefix that contains the schemas, so that the files of a table are under
// <schema>/<table>/. Judged by where the first objects with the names of full-load or change files are.
//
// Errors: those of Source. One thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "source/source.hpp"

namespace peo::source {

struct WrongLevel {
  std::string table;                       // with bucket_path, "data/dbo/orders/": has the files of one table
  std::optional<std::string> bucket_path;  // with which it is <schema>/<table>/; none: there is no such level
  std::string text() const;                // a sentence without its period
  std::string hint() const;
};

// If `table` ("data/dbo/orders/") has the files of one table: the bucket_path that would be right. Nothing if
// the current one is.
std::optional<WrongLevel> level_of(const Source& source, const std::string& table);

// Of the files under `prefix`: "" for the whole source, or "<schema>/<table>/". Nothing if some of them are
// in place, or if there are none. Partitions of a full load, which are one level deeper, are in place,
// although full loads of different tables can look the same.
std::optional<WrongLevel> find_wrong_level(Source& source, const std::string& prefix);

// Whether the key, such as "dbo/orders/2022/09/22/20220922-095853123.csv", is that of a full-load or change
// file, and of which prefix: "dbo/orders/".
std::optional<std::string> table_of_file(std::string_view key);

}  // namespace peo::source
