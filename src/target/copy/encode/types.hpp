// The encoders by type, for encoder.cpp, and what they share.
#pragma once
#include <string_view>

#include "target/copy/encode/copy_buffer.hpp"
#include "target/copy/encode/outcome.hpp"

namespace peo::target::encode {

Outcome encode_int2(std::string_view value, CopyBuffer& out);
Outcome encode_int4(std::string_view value, CopyBuffer& out);
Outcome encode_int8(std::string_view value, CopyBuffer& out);
Outcome encode_numeric(std::string_view value, CopyBuffer& out);
Outcome encode_float4(std::string_view value, CopyBuffer& out);
Outcome encode_float8(std::string_view value, CopyBuffer& out);
Outcome encode_date(std::string_view value, CopyBuffer& out);
Outcome encode_time(std::string_view value, CopyBuffer& out);
Outcome encode_timestamp(std::string_view value, CopyBuffer& out);
Outcome encode_timestamptz(std::string_view value, CopyBuffer& out);
Outcome encode_bool(std::string_view value, CopyBuffer& out);
Outcome encode_uuid(std::string_view value, CopyBuffer& out);
Outcome encode_bytea(std::string_view value, CopyBuffer& out);
Outcome encode_text(std::string_view value, CopyBuffer& out);
Outcome encode_jsonb(std::string_view value, CopyBuffer& out);

// What C calls white space in any locale.
constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::string_view without_blanks(std::string_view value);  // at both ends
// Ignoring case; `word` is in lower case.
bool is_word(std::string_view value, std::string_view word);

// `reason`, unless something else decides: a NUL is refused whatever the type, and bytes above 0x7F may be
// invalid UTF-8 or, in the locale of some server, white space.
Outcome refuse(std::string_view value, Outcome reason);

}  // namespace peo::target::encode
