// The prefixes <schema>/<table>/ of a bucket, whether or not the target has these tables.
//
// A prefix that can't be listed while others can is left out, as the loader does. Errors: those of Source.
// One thread.
#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file_format.hpp"
#include "base/source_names.hpp"
#include "source/source.hpp"

namespace peo::operate {

struct BucketPrefixes {
  std::vector<std::string> prefixes;       // "dbo/Orders/", in the bucket's order
  std::map<std::string, Error> refused;    // "dbo/": can't be listed
  std::vector<std::string> names() const;  // "orders": of the tables, in lower case
  // Without the sources that a comment assigns to one of `tables`.
  std::vector<std::string> unclaimed_names(const TableNames& tables) const;
  // The prefixes whose files are loaded into the table.
  std::vector<std::string> of(const std::string& table, const TableNames& tables) const;
};

// `transactions`: the prefix of the transaction files, "cdc/", which belongs to no table; empty: there is
// none.
BucketPrefixes bucket_prefixes(source::Source& source, const std::string& transactions);

// Whether a Parquet file is among the first objects of one of the prefixes. Bounded.
bool holds_parquet(source::Source& source, const std::vector<std::string>& prefixes);

// The full-load and change files under these prefixes. Bounded: after some thousand objects, or when a prefix
// can't be listed, `more` is true, and there may be more than `files`.
struct PrefixFiles {
  std::uint64_t files = 0;
  bool more = false;
};
PrefixFiles files_in(source::Source& source, const std::vector<std::string>& prefixes);
std::string count_text(const PrefixFiles& files);  // "8 files", "more than 20000 files"
// {"folders": [...], "files": 8, "more": false, "parquet_files": 0}
nlohmann::ordered_json ignored_json(const std::vector<std::string>& prefixes, const PrefixFiles& files,
                                    const IgnoredParquet& parquet);

}  // namespace peo::operate
