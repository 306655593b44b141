// What a line of the log in JSON carries beside its message, for those who filter and count by it. Plain
// values; what is empty or 0 is not known, and left out. The text form has it in the message.
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
  int exit_code = 0;   // of a loader that this error ends
};

}  // namespace peo
