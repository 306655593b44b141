// The listing of one entity's prefix, either complete or only where new files can be.
//
// An idle entity takes a fixed number of requests, however many files it ever had: digits sort before the L
// of LOAD, so the newest loaded change file is followed by the new changes, then all LOADs. With date
// partitions, only those that can contain new files are listed.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ledger.hpp"
#include "base/time_zone.hpp"
#include "source/object_name.hpp"
#include "source/source.hpp"

namespace peo::source {

// An entity is a prefix <schema>/<table>/ that matches a table of the target (discover.hpp), or the prefix of
// the transaction files.
struct TablePrefix {
  std::string table;   // in the target; for the transaction files their prefix
  std::string schema;  // as in the bucket
  std::string prefix;  // "dbo/orders/"
  std::shared_ptr<const std::vector<StreamTable>> tables{};  // only for the transaction files
  EntityState state{};
};

class EntityListing {
 public:
  using Take = std::function<void(std::vector<ObjectInfo> page)>;
  // For a listing that ends before its last change file, with a backlog of a million files.
  struct Limit {
    // Receives the LOADs and everything else that sorts after the change files.
    Take take_tail;
    // Called after each page with its last key. True: no later file can be due before those found so far.
    std::function<bool(const std::string& last_key)> enough;
  };

  // All must outlive this. `limit`: null: list all.
  EntityListing(Source& source, const TablePrefix& entity, const Take& take, const Limit* limit = nullptr)
      : source_(source), entity_(entity), take_(take), limit_(limit) {}

  // Where a listing starts, and how it continues.
  struct Start {
    ListRequest request;                // for the first page
    bool is_flat = true;                // else a tree, or:
    std::optional<DatePrefix> dates{};  // level by level, skipping those without anything as new as `from`
    Time from{};
  };
  // `full`: from the first key. Otherwise from the newest loaded file minus `look_back`.
  static Start start(const TablePrefix& entity, bool full, std::chrono::seconds look_back,
                     const TimeZone* names_zone);
  void run(const Start& start);

 private:
  void flat(const std::string& start_after);
  void tree(const std::string& prefix, const std::string& start_after, const Take& take);
  void tree(const std::string& prefix, const std::string& start_after) { tree(prefix, start_after, take_); }
  void dates(const std::string& prefix, const DatePrefix& dates, Time from);

  Source& source_;
  const TablePrefix& entity_;
  const Take& take_;
  const Limit* limit_;
};

}  // namespace peo::source
