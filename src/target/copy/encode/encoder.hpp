// One column's values: the text that DMS wrote → PostgreSQL's binary COPY field (length and bytes).
//
// The text is read exactly as the input functions of every supported PostgreSQL read it in a session with
// TimeZone UTC and DateStyle 'ISO, YMD', with three exceptions. bytea, which DMS writes as bare hexadecimal
// digits (0x or \x in front is allowed, as in the text format); an offset of a timestamp without time zone,
// which is not ignored but converted to UTC; 1.0 and 0.0 as booleans. field_form.hpp does the same for values
// that are sent as text. What isn't fully understood, or what not all versions read, is Unsure (outcome.hpp):
// the caller then loads the delivery as text. NULL is the caller's (write_null).
//
// A column's length, precision and scale don't matter here: the receive functions of numeric, char, varchar,
// time and timestamp apply them to a binary value as the input functions do to a text; a domain checks its
// constraints; json and jsonb check their text. Pure, no allocation, no copy; any number of threads.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "target/copy/encode/copy_buffer.hpp"
#include "target/copy/encode/outcome.hpp"

namespace peo::target::encode {

// As pg_type has it; of a domain, the type at its base.
struct ColumnType {
  std::string base_type;  // typname: "int4"
  char kind = 'b';        // typtype: 'b' base type, 'e' enum, …
};

class ColumnEncoder {
 public:
  using Function = Outcome (*)(std::string_view value, CopyBuffer& out);
  explicit ColumnEncoder(Function function) : function_(function) {}

  Outcome encode(std::string_view value, CopyBuffer& out) const { return function_(value, out); }

 private:
  Function function_;
};

// A timestamp with an offset, converted to UTC, for a column without time zone, where the server would ignore
// the offset. Nothing: the text has no offset, or isn't understood with certainty.
std::optional<std::string> utc_text(std::string_view value);

// Empty: no encoder; files with the column are sent as text.
std::optional<ColumnEncoder> encoder_for(const ColumnType& type);

}  // namespace peo::target::encode
