// The verbs replay and skip, at the target: what is in of an object, and the request for the loader, which
// takes it up by itself. Works while a loader runs. One thread.
#pragma once
#include <optional>
#include <string>

#include "base/ledger.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

class Requests {
 public:
  // Connects. Fatal (78) when the target has no loader's tables, or older ones. `stop` must outlive this.
  Requests(const std::string& conninfo, const Cancellation& stop);

  std::optional<LedgerEntry> entry(const std::string& object_key);
  // Gives its number; none: one for this object is open already.
  std::optional<std::uint64_t> ask(const Request& request, const std::string& object_key,
                                   const std::string& who);
  // The loader that holds the target now: "paper-engine-orders from 10.0.0.7"; none: no loader.
  std::optional<std::string> running_loader();

 private:
  std::string own(const char* table) const;

  Connection connection_;
  std::string schema_;
};

}  // namespace peo::target
