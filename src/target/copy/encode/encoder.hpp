// One column's values: the text that DMS wrote → PostgreSQL's binary COPY field (length and bytes).
//
// The text is read as PostgreSQL 15's own input functions read it in a session with TimeZone UTC and
// DateStyle 'ISO, YMD', never otherwise; with three exceptions. bytea, which DMS writes as bare hexadecimal
// digits (0x or \x in front is allowed, as in the text format); an offset of a timestamp without time zone,
// which is not dropped but taken off; 1.0 and 0.0 as booleans. For a value that goes as text, array_text.hpp
// does the same. Whatever isn't fully understood is Unsure
// (see outcome.hpp): the caller then loads that delivery as text. NULL is the caller's (write_null).
//
// There is nothing to say of a column's length, precision or scale: the receive functions of numeric, char,
// varchar, time and timestamp apply them to a binary value just as the input functions do to a text; a domain
// checks its constraints; json and jsonb check their text. Pure, no allocation, no copy; any number of
// threads.
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

// A moment with an offset as one in UTC, for a column without a zone, where the server would drop the offset.
// Nothing: the text has no offset, or isn't surely understood.
std::optional<std::string> utc_text(std::string_view value);

// Empty: no encoder, the entity goes as text.
std::optional<ColumnEncoder> encoder_for(const ColumnType& type);

}  // namespace peo::target::encode
