// What an object's name says: AWS DMS names full-load files by a hexadecimal counter and change files by a
// time. Forms and their evidence: docs/architecture.md. Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/object.hpp"

namespace peo::source {

// LOAD00000001.csv.gz, LOAD00000001.parquet; SEGMENT1_LOAD00000001.csv.gz; below a partition folder too.
struct LoadName {
  std::uint64_t counter = 0;
};

// 20220922-095853123.csv.gz: the time at which DMS closed the file, 8 to 10 digits after the dash; below date
// folders too (2022/09/22/, 2022-9-22/, …). Taken as UTC.
struct ChangeName {
  Time time;
};

// CDC_TXN-20201117153046033.csv: changes of all tables, in the order of the source's transactions; the time
// at which DMS closed the file. One writer was seen to put _ for the dash.
struct TransactionName {
  Time time;
};

// Folder markers: an empty object whose key ends with "/" or "_$folder$".
struct FolderMarker {};
struct UnknownName {};

using ObjectName = std::variant<LoadName, ChangeName, TransactionName, FolderMarker, UnknownName>;

// `relative` is the key below the table's folder: "2022/09/22/20220922-095853123.csv.gz".
ObjectName parse_object_name(std::string_view relative);

// X.dfm, which Qlik Replicate writes beside X.csv.
bool is_manifest(std::string_view key);
// A key without what stands behind the first dot of its last part: what a file and its manifest share.
std::string_view stem_of(std::string_view key);

// Tables that are DMS's own (awsdms_status, …) or Qlik's (attrep_…), and validation's folder.
bool is_control_table(std::string_view folder);

// The folder of dates that a change file's key names, as a pattern, so that the folders of other times can be
// told: which part stands where, what separates them. None for a file that lies right in the table's folder.
struct DateFolder {
  enum class Part { Year, Month, Day, Hour };
  std::vector<Part> parts;            // in their sequence; one letter of the table below each
  char separator = '\0';              // '/', '-', '_' or none
  bool padded = true;                 // months and days with two digits
  bool sorts_by_time() const;         // the folders' byte order is the order of time
  std::string name(Time time) const;  // "2022/09/22/"
};

// Reads the date folder of a key like "2022/09/22/20220922-095853123.csv.gz"; the file's own time tells which
// number is what. None: no folder, or one that holds no date.
std::optional<DateFolder> date_folder_of(std::string_view relative, Time time);

}  // namespace peo::source
