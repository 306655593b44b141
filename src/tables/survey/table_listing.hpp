// Lists a bucket: the prefixes of its tables, and the full-load and change files of each. For `infer`,
// `profile` and `describe`, which read files before there are tables.
//
// Prefixes of DMS's own tables (awsdms_…) and of transaction files are not tables. Memory doesn't grow with
// the number of files: of each kind, only the first few and the last few are kept. Errors: those of Source.
// One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/object.hpp"
#include "base/source_names.hpp"
#include "source/source.hpp"
#include "source/source_level.hpp"

namespace peo::survey {

struct TablePrefix {
  std::string schema, table;  // as the bucket spells them
  std::string prefix() const { return schema + "/" + table + "/"; }
};

struct TableFile {
  ObjectInfo object;
  DeliveryKind kind = DeliveryKind::FullLoad;
  Time name_time{};  // change files only
};

// The number of files of one kind, and some of them.
struct FileGroup {
  static constexpr std::size_t kept = 3;
  std::uint64_t count = 0, bytes = 0;
  std::vector<TableFile> first, last;  // at most `kept` each, in the listing's order, no file in both
  void add(const TableFile& file);
};

struct TableFiles {
  FileGroup loads, changes;
  std::uint64_t unknown = 0;  // objects with other names
};

struct BucketTables {
  std::vector<TablePrefix> tables;
  // The prefixes of transaction files (CDC_TXN-…, by PreserveTransactions), which have changes of all tables:
  // "changes/".
  std::vector<std::string> transactions;
  // Prefixes where bucket_path is at another level than the files: not tables, or not of this schema.
  std::vector<source::WrongLevel> misplaced;
};

// The tables that a person has named; all if there are no names. A name is that in the bucket, "Orders" or
// "dbo.Orders", or that of the table in the target, ignoring case.
struct ChosenTables {
  std::vector<std::string> names{};
  TableNames known{};  // of the target, as far as they are known
};

// In the bucket's order. A name without a prefix is Fatal (64).
BucketTables find_prefixes(source::Source& source, const ChosenTables& chosen = {});
// The same, but without any table Fatal (78), with a hint where they may be.
BucketTables find_some_prefixes(source::Source& source, const ChosenTables& chosen);

// Every full-load and change file, in the bucket's order. Returns the number of other objects.
std::uint64_t for_each_file(source::Source& source, const TablePrefix& location,
                            const std::function<void(const TableFile&)>& take);
TableFiles list_files(source::Source& source, const TablePrefix& location);

}  // namespace peo::survey
