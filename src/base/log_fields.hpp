// Structured fields of a JSON log line, for filters and counts. Plain values; empty and 0 mean unknown and
// are omitted. In the text format they are part of the message.
#pragma once
#include <cstdint>
#include <string>

namespace peo {

struct LogFields {
  std::uint64_t delivery = 0;
  std::string entity{};
  std::string object{};  // the object's whole key
  std::string step{};
  std::string code{};  // PostgreSQL's SQLSTATE
  int exit_code = 0;   // of the loader, if this error ends it
};

}  // namespace peo
