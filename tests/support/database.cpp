#include "support/database.hpp"

#include <sstream>
#include <stdexcept>

#include "support/postgres_server.hpp"
#include "support/process.hpp"

namespace peo::test {

Database::Database(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str()), PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

Database::Result Database::run(const std::string& sql) {
  Result result(PQexec(connection_.get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(PQerrorMessage(connection_.get()) + ("in: " + sql));
  }
  return result;
}

void Database::execute(const std::string& sql) { run(sql); }

std::vector<Row> Database::rows(const std::string& sql) {
  const auto result = run(sql);
  std::vector<Row> rows;
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    Row row;
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      if (PQgetisnull(result.get(), r, c) != 0) {
        row.emplace_back();
      } else {
        row.emplace_back(std::in_place, PQgetvalue(result.get(), r, c),
                         static_cast<std::size_t>(PQgetlength(result.get(), r, c)));
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string Database::value(const std::string& sql) {
  const auto all = rows(sql);
  if (all.size() != 1 || all[0].size() != 1) {
    throw std::runtime_error("not one row with one column, but " + std::to_string(all.size()) +
                             " row(s): " + sql);
  }
  return all[0][0].value_or("NULL");
}

std::string dump(const std::string& conninfo, const std::vector<std::string>& options) {
  // A hold is noted for whoever looks; it changes no table, and its times differ each time.
  std::vector<std::string> arguments{(postgres_bin() / "pg_dump").string(), "--dbname=" + conninfo,
                                     "--exclude-table-data=*.loader_holds"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto finished = run(std::move(arguments));
  if (finished.status != 0) throw std::runtime_error("pg_dump failed: " + finished.err);
  std::istringstream lines(finished.out);
  std::string kept;
  bool state = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ")) continue;
    // The last columns of loader_state are the time of the last full listing and the epoch: each run moves
    // them on, also one that changes nothing.
    for (int column = 0; state && column < 2; ++column) line.erase(line.find_last_of('\t'));
    state = line.find(".loader_state (") != std::string::npos && line.starts_with("COPY ");
    kept += line + "\n";
  }
  return kept;
}

}  // namespace peo::test
