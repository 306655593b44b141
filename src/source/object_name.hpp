// Parses object names: AWS DMS names full-load files by a hexadecimal counter and change files by a time.
// Forms and their evidence: docs/architecture.md. Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/object.hpp"

namespace peo::source {

// LOAD00000001.csv.gz, LOAD00000001.parquet; SEGMENT1_LOAD00000001.csv.gz; possibly one partition deeper.
struct LoadName {
  std::uint64_t counter = 0;
};

// 20220922-095853123.csv.gz: the time at which DMS closed the file, 8 to 10 digits after the hyphen; possibly
// under date prefixes (2022/09/22/, 2022-9-22/, …). Interpreted as UTC.
struct ChangeName {
  Time time;
};

// CDC_TXN-20201117153046033.csv: changes of all tables, in the order of the source's transactions; the time
// at which DMS closed the file. One writer was observed to use _ instead of the hyphen.
struct TransactionName {
  Time time;
};

// A folder marker: an empty object whose key ends with "/" or "_$folder$".
struct FolderMarker {};
struct UnknownName {};

using ObjectName = std::variant<LoadName, ChangeName, TransactionName, FolderMarker, UnknownName>;

// `relative` is the key under the table's prefix: "2022/09/22/20220922-095853123.csv.gz".
ObjectName parse_object_name(std::string_view relative);

// Whether it is X.dfm, which Qlik Replicate writes next to X.csv.
bool is_manifest(std::string_view key);
// The key up to the first dot of its last component, which a file and its manifest share.
std::string_view stem_of(std::string_view key);

// Control tables of DMS (awsdms_status, …) or Qlik (attrep_…), and the prefix of DMS's validation failures.
bool is_control_table(std::string_view name);

// The date partitions in a change file's key, as a pattern that yields the prefixes of other times: the order
// of the parts and their separator.
struct DatePrefix {
  enum class Part { Year, Month, Day, Hour };
  std::vector<Part> parts;            // in order
  char separator = '\0';              // '/', '-', '_' or none
  bool padded = true;                 // months and days with two digits
  bool sorts_by_time() const;         // byte order is chronological order
  std::string name(Time time) const;  // "2022/09/22/"
};

// Parses the date partitions of a key like "2022/09/22/20220922-095853123.csv.gz"; the file's own time tells
// which number is the year, month or day. None: no partition, or not a date.
std::optional<DatePrefix> date_prefix_of(std::string_view relative, Time time);

}  // namespace peo::source
