// What a bucket holds: its table folders, and in each the full-load and change files. For `infer`, `profile`
// and `describe`, which look at files before there is any table.
//
// Folders of DMS's own (awsdms_…) are no tables, nor are those of transaction files. Memory does not grow
// with the number of files: of each kind only the first few and the last few are kept. Errors: those of
// Source. One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/object.hpp"
#include "source/source.hpp"

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

// All files of one kind, by number, and some of them by name.
struct FileGroup {
  static constexpr std::size_t kept = 3;
  std::uint64_t count = 0, bytes = 0;
  std::vector<TableFile> first, last;  // at most `kept` each, in the listing's order, no file in both
  void add(const TableFile& file);
};

struct TableFiles {
  FileGroup loads, changes;
  std::uint64_t unknown = 0;  // objects whose names say nothing
};

struct BucketFolders {
  std::vector<TablePrefix> tables;
  // Of transaction files (CDC_TXN-…, by PreserveTransactions), which hold changes of all tables and are no
  // table: "changes/".
  std::vector<std::string> transactions;
};

// In the bucket's order. `only`: these tables (without regard to case), or all when empty; a name that no
// folder has is Fatal (64).
BucketFolders find_folders(source::Source& source, const std::vector<std::string>& only = {});
// The same, for who can do nothing without a table: none is Fatal (78), and says where they may be.
BucketFolders find_some_folders(source::Source& source, const std::vector<std::string>& only);

// Every full-load and change file, in the bucket's order. Gives how many objects were something else.
std::uint64_t for_each_file(source::Source& source, const TablePrefix& folder,
                            const std::function<void(const TableFile&)>& take);
TableFiles list_files(source::Source& source, const TablePrefix& folder);

}  // namespace peo::survey
