#include "base/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace peo {

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
void Error::advise(const std::string& hint) { hint_ += (hint_.empty() ? "" : " ") + hint; }

Error Error::bad_delivery(const std::string& what_happened, std::string hint) {
  return {ErrorKind::BadDelivery, ExitCode::BadInput, what_happened, std::move(hint)};
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

std::string Error::describe() const {
  std::string text;
  if (place_.delivery != 0) text += fmt::format("Delivery {}: ", place_.delivery);
  if (place_.step) text += fmt::format("{}: ", to_string(*place_.step));
  std::string where = place_.object_key;
  const auto add = [&where](std::string part) { where += (where.empty() ? "" : " ") + std::move(part); };
  if (place_.line != 0) add(fmt::format("line {}", place_.line));
  if (!place_.column.empty()) add(fmt::format("column {}", place_.column));
  if (place_.byte) add(fmt::format("byte {}", *place_.byte));
  if (!where.empty()) text += where + ": ";
  text += what();
  if (!sqlstate_.empty()) text += fmt::format(" (SQLSTATE {})", sqlstate_);
  const auto last = text.empty() ? '.' : text.back();
  if (last != '.' && last != '!' && last != '?') text += '.';
  if (!hint_.empty()) text += " " + hint_;
  return text;
}

std::string shortened(std::string_view value, std::size_t limit) {
  std::string text;
  std::size_t i = 0;
  while (i < value.size()) {
    const auto byte = static_cast<unsigned char>(value[i]);
    std::string piece;
    std::size_t length = 1;
    if (byte == '\n') {
      piece = "\\n";
    } else if (byte == '\r') {
      piece = "\\r";
    } else if (byte == '\t') {
      piece = "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      piece = fmt::format("\\x{:02x}", byte);
    } else if (byte < 0x80) {
      piece = std::string(1, value[i]);
    } else {
      length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      bool whole = length > 1 && i + length <= value.size();
      for (std::size_t k = 1; whole && k < length; ++k) {
        whole = (static_cast<unsigned char>(value[i + k]) & 0xc0U) == 0x80U;
      }
      // No overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629).
      if (whole) {
        const auto second = static_cast<unsigned char>(value[i + 1]);
        whole = byte >= 0xc2 && byte <= 0xf4 && (byte != 0xe0 || second >= 0xa0) &&
                (byte != 0xed || second < 0xa0) && (byte != 0xf0 || second >= 0x90) &&
                (byte != 0xf4 || second < 0x90);
      }
      if (!whole) length = 1;
      piece = whole ? std::string(value.substr(i, length)) : fmt::format("\\x{:02x}", byte);
    }
    if (text.size() + piece.size() > limit) return text + "…";
    text += piece;
    i += length;
  }
  return text;
}

}  // namespace peo
