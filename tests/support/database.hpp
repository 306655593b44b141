// A connection for tests: SQL in, text out. Errors are thrown as std::runtime_error with the server's words.
#pragma once
#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peo::test {

using Row = std::vector<std::optional<std::string>>;  // absent: NULL

class Database {
 public:
  explicit Database(const std::string& conninfo);

  void execute(const std::string& sql);  // one statement or several
  std::vector<Row> rows(const std::string& sql);
  // Of a query with exactly one row and one column. NULL comes as "NULL".
  std::string value(const std::string& sql);
  PGconn* connection() const { return connection_.get(); }

 private:
  using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;
  Result run(const std::string& sql);
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

// All that a database holds, as text: definitions (with the owners, rights and comments) and rows. The same
// database gives the same text. A table that was dropped and created again gives another one. Not by pg_dump,
// which refuses a server that is newer than it.
std::string dump(const std::string& conninfo, const std::vector<std::string>& without_data = {});

}  // namespace peo::test
