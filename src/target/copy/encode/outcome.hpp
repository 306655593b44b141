// The result of encoding one value.
//
//   Encoded   its bytes are in the buffer. The server's receive function makes of them exactly what its input
//             function would make of the text; what depends on the column's length, precision or domain, and
//             whether a text is valid UTF-8, valid JSON or a known label, is left to it.
//   Unsure    PostgreSQL may or may not accept the text: only text COPY can decide.
//   the rest  PostgreSQL certainly refuses the text, for this reason.
//
// Unless Encoded, the buffer is as it was.
#pragma once
#include <cstdint>
#include <string_view>

namespace peo::target::encode {

enum class Outcome : std::uint8_t {
  Encoded,
  Unsure,
  InvalidText,       // 22P02
  OutOfRange,        // 22003
  InvalidDatetime,   // 22007
  DatetimeOverflow,  // 22008
  InvalidBytes,      // 22021: a NUL, which no text may hold
  InvalidHex,        // 22023
};

constexpr bool refused(Outcome outcome) { return outcome > Outcome::Unsure; }

// PostgreSQL's five characters; empty unless refused.
std::string_view sqlstate(Outcome outcome);

}  // namespace peo::target::encode
