// COPY … FROM STDIN of ready-made bytes, and how a text goes in there.
#pragma once
#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/database.hpp"

namespace peo::test {

// The SQLSTATE with which the server refuses, or "".
inline std::string copy_in(Database& database, const std::string& sql, std::string_view bytes) {
  PGconn* connection = database.connection();
  const auto result = [connection] {
    return std::unique_ptr<PGresult, void (*)(PGresult*)>(PQgetResult(connection), PQclear);
  };
  if (PQsendQuery(connection, sql.c_str()) != 1) throw std::runtime_error(PQerrorMessage(connection));
  if (PQresultStatus(result().get()) != PGRES_COPY_IN) {
    throw std::runtime_error(PQerrorMessage(connection));
  }
  PQputCopyData(connection, bytes.data(), static_cast<int>(bytes.size()));
  PQputCopyEnd(connection, nullptr);
  std::string state;
  for (auto answer = result(); answer; answer = result()) {
    if (PQresultStatus(answer.get()) == PGRES_COMMAND_OK) continue;
    const char* given = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    state = given == nullptr ? "unknown" : given;
  }
  return state;
}

// A value of COPY's text format.
inline std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\r') {
      text += "\\r";
    } else if (c == '\t') {
      text += "\\t";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace peo::test
