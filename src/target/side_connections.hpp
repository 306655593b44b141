// More connections that load into the same table as the first one, each with a transaction of its own: for a
// big first full load, which takes more of the server than one of its processes.
//
// They are ended together with the first one's session by a loader that takes over (they hold the lock that
// its heartbeat holds). A side that is destroyed without commit() rolls back. One thread; errors are the
// connection's.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "target/copy_format.hpp"
#include "target/postgres/connection.hpp"
#include "target/staging.hpp"

namespace peo::target {

class SideConnections {
 public:
  // Connects `count` and begins their transactions. `backend`: the process of the first connection at the
  // server.
  SideConnections(const std::string& conninfo, const Stop& stop, const ConnectionOptions& options,
                  std::size_t count, std::int64_t backend);
  ~SideConnections();
  SideConnections(const SideConnections&) = delete;
  SideConnections& operator=(const SideConnections&) = delete;

  void commit();
  // A COPY over all of them and the first connection, batch by batch in turn.
  std::unique_ptr<Copy> copy(Connection& first, const Table& table, Format format, std::uint64_t event_base,
                             std::uint64_t delivery_id);

 private:
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace peo::target
