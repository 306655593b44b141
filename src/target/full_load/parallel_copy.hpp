// More connections that load into the same table as the first one, each in its own transaction: for a big
// first full load, since one of the server's processes uses one CPU only.
//
// A loader that takes over ends them together with the first one's session, because they hold the lock that
// its heartbeat holds. Each of their transactions begins with `hold` (UnfinishedLoads::lock), so that none
// can commit once another loader has recovered the table. Connections that are destroyed without commit()
// roll back. One thread; errors are the connection's.
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
  // Opens `count` connections and begins their transactions.
  ParallelCopy(const std::string& conninfo, const Cancellation& stop, const ConnectionOptions& options,
               std::size_t count, std::function<void(Connection&)> hold);
  ~ParallelCopy();
  ParallelCopy(const ParallelCopy&) = delete;
  ParallelCopy& operator=(const ParallelCopy&) = delete;

  void commit();
  // Runs statements that create indexes of the table, each in its own transaction, as many at a time as there
  // are connections, including the first. None may be in a transaction. When one fails, those that are
  // running are waited for before its error is thrown. What was created stays.
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
