// The listing of one entity's folder, from its beginning or only where something new can be.
//
// An idle entity takes a fixed number of requests, however many files it ever had: digits sort before the L
// of LOAD, so what comes after the newest change file that is in is the new changes, then all LOADs. With
// date folders, only those that can hold something as new are listed.
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

// An entity is a folder <schema>/<table>/ whose name equals a table of the target, without regard to case; or
// the folder of the transaction files.
struct TablePrefix {
  std::string table;   // in the target; of the transaction files' folder its prefix
  std::string schema;  // as in the bucket
  std::string prefix;  // "dbo/orders/"
  std::shared_ptr<const std::vector<StreamTable>> tables{};  // of the transaction files' folder alone
  EntityState state{};
};

class EntityListing {
 public:
  using Take = std::function<void(std::vector<ObjectInfo> page)>;
  // For a listing that ends before its last change file, with a backlog of a million files.
  struct Limit {
    // Given the LOADs, and whatever else sorts after the change files.
    Take take_tail;
    // Asked after each page, which ends with this key: no file after it can be due before those that are.
    std::function<bool(const std::string& last_key)> enough;
  };

  // All must outlive this. `limit`: null: list all.
  EntityListing(Source& source, const TablePrefix& entity, const Take& take, const Limit* limit = nullptr)
      : source_(source), entity_(entity), take_(take), limit_(limit) {}

  // Where a listing begins, and how it goes on.
  struct Start {
    ListRequest request;  // for the first page
    bool is_flat = true;  // else a tree, or:
    std::optional<DateFolder>
        dates{};  // level by level, without those that can hold nothing as new as `from`
    Time from{};
  };
  // `full`: of everything. Else from the newest file that is in, minus `look_back`.
  static Start start(const TablePrefix& entity, bool full, std::chrono::seconds look_back,
                     const TimeZone* names_zone);
  void run(const Start& start);

 private:
  void flat(const std::string& start_after);
  void tree(const std::string& prefix, const std::string& start_after, const Take& take);
  void tree(const std::string& prefix, const std::string& start_after) { tree(prefix, start_after, take_); }
  void dates(const std::string& prefix, const DateFolder& dates, Time from);

  Source& source_;
  const TablePrefix& entity_;
  const Take& take_;
  const Limit* limit_;
};

}  // namespace peo::source
