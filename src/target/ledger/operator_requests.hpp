// The commands replay and skip, at the target: what the ledger has of an object, and the request, which the
// loader takes at its next poll. Works while a loader runs, since it only writes loader_requests. At most one
// request per object is open: the newest. One thread; errors are the connection's.
#pragma once
#include <optional>
#include <string>

#include "base/ledger.hpp"
#include "base/source_names.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

class Requests {
 public:
  // Connects. Fatal (78) when the target has no loader's tables, or older ones. `stop` must outlive this.
  Requests(const std::string& conninfo, const Cancellation& stop);

  // Of the target, and what their comments name.
  TableNames tables();
  std::optional<LedgerEntry> entry(const std::string& entity, const std::string& object_key);

  struct Asked {
    std::uint64_t number = 0;
    bool is_new = true;                       // false: the same was requested before and is still open
    std::optional<std::uint64_t> replaced{};  // the open request for the opposite, which no longer counts
  };
  Asked ask(const Request& request, const std::string& object_key, const std::string& who);
  // The loader that holds the target now: "paper-engine-orders from 10.0.0.7"; none: no loader.
  std::optional<std::string> running_loader();

 private:
  std::string own(const char* table) const;

  Connection connection_;
  std::string schema_;
};

}  // namespace peo::target
