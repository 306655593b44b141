// More connections that load into the same table as the first one, each with a transaction of its own: for a
// big first full load, which takes more of the server than one of its processes.
//
// They are ended together with the first one's session by a loader that takes over (they hold the lock that
// its heartbeat holds). Each of their transactions begins with `hold` (UnfinishedLoads::lock), so that none
// can commit once another loader has put the table in order. A side that is destroyed without commit() rolls
// back. One thread; errors are the connection's.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "target/copy/copy_format.hpp"
#include "target/copy/row_copy.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

class ParallelCopy {
 public:
  // Connects `count` and begins their transactions. `backend`: the process of the first connection at the
  // server.
  ParallelCopy(const std::string& conninfo, const Cancellation& stop, const ConnectionOptions& options,
               std::size_t count, std::int64_t backend, std::function<void(Connection&)> hold);
  ~ParallelCopy();
  ParallelCopy(const ParallelCopy&) = delete;
  ParallelCopy& operator=(const ParallelCopy&) = delete;

  void commit();
  // Creates indexes of the table that is loaded, each in a transaction of its own, as many at a time as there
  // are connections, the first one too; none of them may be in a transaction. Where one fails, those that
  // have been begun are ended before that is thrown. What was created stays.
  void create(Connection& first, const std::vector<std::string>& statements);
  // A COPY over all of them and the first connection: rows go to whichever can take them.
  std::unique_ptr<Copy> copy(Connection& first, const Table& table, Format format, std::uint64_t event_base,
                             std::uint64_t delivery_id);

 private:
  std::vector<Connection*> with(Connection& first) const;

  std::vector<std::unique_ptr<Connection>> connections_;
  std::function<void(Connection&)> hold_;
};

}  // namespace peo::target
