#include "base/error.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/object.hpp"

namespace peo {
namespace {

// The meaning of PostgreSQL's error codes. Its message and detail quote the row: Key (id)=(7) already exists.
const char* meaning_of(std::string_view sqlstate) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 16> meanings{{
      {"22001", "a value is too long for its column"},
      {"22003", "a number is out of range"},
      {"22007", "a value is not a valid date or time"},
      {"22008", "a date or time is out of range"},
      {"22021", "a value is not valid in the encoding"},
      {"22P02", "a value is not valid for its column's type"},
      {"23502", "a NOT NULL column is NULL"},
      {"23503", "a foreign key is violated"},
      {"23505", "a unique constraint is violated"},
      {"23514", "a check constraint is violated"},
      {"23P01", "an exclusion constraint is violated"},
      {"22", "PostgreSQL rejected a value"},
      {"23", "a constraint is violated"},
      {"44", "a view's check option is violated"},
      {"54", "a row is too large"},
      {"P0", "a trigger rejected a row"},
  }};
  if (sqlstate.empty()) return "a row is invalid; the log quotes it";
  for (const auto& [code, meaning] : meanings) {
    if (sqlstate.starts_with(code)) return meaning;
  }
  return "PostgreSQL rejected a row";
}

}  // namespace

std::string_view to_string(Step step) {
  switch (step) {
    case Step::Discover:
      return "discover";
    case Step::Fetch:
      return "fetch";
    case Step::Decompress:
      return "decompress";
    case Step::Parse:
      return "parse";
    case Step::Apply:
      return "apply";
    case Step::Record:
      return "record";
    case Step::Notify:
      return "notify";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, ExitCode exit_code, const std::string& what_happened, std::string hint)
    : std::runtime_error(what_happened), kind_(kind), exit_code_(exit_code), hint_(std::move(hint)) {}

Error Error::retry(const std::string& what_happened, std::string hint) {
  return {ErrorKind::Retry, ExitCode::TryAgain, what_happened, std::move(hint)};
}
Error Error::changed_object(const std::string& what_happened, std::string hint) {
  auto error = retry(what_happened, std::move(hint));
  error.changed_object_ = true;
  return error;
}
void Error::advise(const std::string& hint) {
  // The hints keep their order: the one that belongs to the error is the safer one. After a statement, a
  // sentence would look like a part of it.
  if (hint_.ends_with(';')) {
    hint_ += " (" + hint + ")";
  } else {
    hint_ += (hint_.empty() ? "" : " ") + hint;
  }
}

Error Error::bad_delivery(const std::string& what_happened, std::string hint) {
  return {ErrorKind::BadDelivery, ExitCode::BadInput, what_happened, std::move(hint)};
}
Error Error::bad_file(const std::string& what_happened, std::string hint) {
  return bad_delivery(what_happened, std::move(hint)).without_values(what_happened);
}
Error Error::configuration(const std::string& what_happened, std::string hint) {
  return {ErrorKind::Fatal, ExitCode::Configuration, what_happened, std::move(hint)};
}
Error Error::permission(const std::string& what_happened, std::string hint) {
  return {ErrorKind::Fatal, ExitCode::PermissionDenied, what_happened, std::move(hint)};
}
Error Error::unavailable(const std::string& what_happened, std::string hint) {
  return {ErrorKind::Fatal, ExitCode::Unavailable, what_happened, std::move(hint)};
}
Error Error::local_io(const std::string& what_happened, std::string hint) {
  return {ErrorKind::Fatal, ExitCode::LocalIo, what_happened, std::move(hint)};
}
Error Error::internal(const std::string& what_happened, std::string hint) {
  return {ErrorKind::Fatal, ExitCode::Internal, what_happened, std::move(hint)};
}

Error& Error::at(const Place& place) & {
  if (!place_.step) place_.step = place.step;
  if (place_.delivery == 0) place_.delivery = place.delivery;
  if (place_.object_key.empty()) place_.object_key = place.object_key;
  if (place_.line == 0) place_.line = place.line;
  if (place_.column.empty()) place_.column = place.column;
  if (!place_.byte) place_.byte = place.byte;
  return *this;
}

Error& Error::at(Step step) & {
  if (!place_.step) place_.step = step;
  return *this;
}

Error Error::at(const Place& place) && {
  at(place);
  return std::move(*this);
}

Error Error::at(Step step) && {
  at(step);
  return std::move(*this);
}

Error Error::with_sqlstate(std::string sqlstate) && {
  sqlstate_ = std::move(sqlstate);
  return std::move(*this);
}

std::string Error::without_values() const {
  if (without_values_) return *without_values_;
  return kind_ == ErrorKind::BadDelivery ? meaning_of(sqlstate_) : what();
}

Error Error::without_values(std::string what_happened) && {
  without_values_ = std::move(what_happened);
  return std::move(*this);
}

std::string line_text(const Place& place) {
  if (place.line == 0) return {};
  return fmt::format("{} {}", is_parquet(place.object_key) ? "row" : "line", place.line);
}

std::string Error::describe() const { return describe(what()); }

ErrorText Error::text() const {
  return {describe(),
          describe_without_values(),
          {.delivery = place_.delivery,
           .object = place_.object_key,
           .step = std::string(place_.step ? to_string(*place_.step) : ""),
           .code = sqlstate_,
           .exit_code = static_cast<int>(exit_code_)}};
}

ErrorText ErrorText::of(const std::string& entity) const {
  auto text = *this;
  text.fields.entity = entity;
  return text;
}

std::string Error::describe_without_values() const { return describe(without_values()); }

std::string Error::describe(const std::string& what_happened) const {
  std::string text;
  if (place_.delivery != 0) text += fmt::format("Delivery {}: ", place_.delivery);
  if (place_.step) text += fmt::format("{}: ", to_string(*place_.step));
  std::string where = place_.object_key;
  const auto add = [&where](std::string part) { where += (where.empty() ? "" : " ") + std::move(part); };
  if (place_.line != 0) add(line_text(place_));
  if (!place_.column.empty()) add(fmt::format("column {}", place_.column));
  if (place_.byte && !is_parquet(place_.object_key)) add(fmt::format("byte {}", *place_.byte));
  if (!where.empty()) text += where + ": ";
  text += what_happened;
  if (!sqlstate_.empty()) text += fmt::format(" (SQLSTATE {})", sqlstate_);
  const auto last = text.empty() ? '.' : text.back();
  if (last != '.' && last != '!' && last != '?') text += '.';
  if (!hint_.empty()) text += " " + hint_;
  return text;
}

namespace {

struct Character {
  std::size_t length = 1;  // bytes
  char32_t code = 0;
  bool valid = false;  // as UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF)
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > text.size()) return {};
  char32_t code = lead & (0x7fU >> length);
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xc0U) != 0x80U) return {};
    code = code << 6U | (byte(k) & 0x3fU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {length, code, true};
}

// C1 controls, bidirectional control characters, and line separators.
bool hides_or_commands(char32_t code) {
  return (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

std::string visible(std::string_view text, const Character& character) {
  const auto code = static_cast<std::uint32_t>(character.code);
  if (!character.valid) return fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
  if (code < 0x20 || hides_or_commands(character.code)) return fmt::format("\\u{:04x}", code);
  return std::string(text.substr(0, character.length));
}

}  // namespace

std::string shortened(std::string_view value, std::size_t limit) {
  std::string text;
  while (!value.empty()) {
    const auto character = first_character(value);
    const char32_t code = character.code;
    std::string piece;
    if (character.valid && code == '\n') {
      piece = "\\n";
    } else if (character.valid && code == '\r') {
      piece = "\\r";
    } else if (character.valid && code == '\t') {
      piece = "\\t";
    } else if (character.valid && (code < 0x20 || code == 0x7f)) {
      piece = fmt::format("\\x{:02x}", static_cast<unsigned>(code));
    } else {
      piece = visible(value, character);
    }
    if (text.size() + piece.size() > limit) return text + "…";
    text += piece;
    value.remove_prefix(character.length);
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    if (character.valid && (character.code == '\n' || character.code == '\t')) {
      safe += text.front();
    } else {
      safe += visible(text, character);
    }
    text.remove_prefix(character.length);
  }
  return safe;
}

std::string printable_line(std::string_view text) { return shortened(text, std::string::npos); }

bool is_printable(std::string_view text) { return printable_line(text) == text; }

}  // namespace peo
