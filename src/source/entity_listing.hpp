// The listing of one entity's folder, from its beginning or only where something new can be.
//
// An idle entity takes a fixed number of requests, however many files it ever had: digits sort before the L
// of LOAD, so what comes after the newest change file that is in is the new changes, then all LOADs. With
// date folders, only those that can hold something as new are listed.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
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

  // All must outlive this. `names_zone`: of the times in the files' names; null: UTC.
  EntityListing(Source& source, const TablePrefix& entity, const Take& take, const TimeZone* names_zone)
      : source_(source), entity_(entity), take_(take), names_zone_(names_zone) {}

  void all() { tree(entity_.prefix, ""); }
  void since_newest(std::chrono::seconds look_back);

 private:
  Time in_names(Time from) const;
  void tree(const std::string& prefix, const std::string& start_after);
  void dates(const std::string& prefix, const DateFolder& dates, Time from);

  Source& source_;
  const TablePrefix& entity_;
  const Take& take_;
  const TimeZone* names_zone_;
};

}  // namespace peo::source
