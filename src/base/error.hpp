// The loader's only exception type. Its kind tells the caller what to do next.
//
//   Retry        transient: network, server restart, 5xx, serialization failure. Back off and retry.
//   BadDelivery  this file can't be loaded as it is: truncated gzip data, too many fields, an invalid value.
//   Fatal        an operator must act: configuration, permission, schema, or an internal error.
//
// An error has a message and a hint what to do next. The code that knows where it happened adds the `Place`,
// from the inside out: a known place is never overwritten. `describe()` returns everything on one line. Exit
// codes follow sysexits.h and are part of the contract with users. An error must never contain a secret.
#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/log_fields.hpp"

namespace peo {

enum class ErrorKind { Retry, BadDelivery, Fatal };

enum class ExitCode : int {
  Done = 0,
  CommandLine = 64,
  BadInput = 65,
  Unavailable = 69,
  Internal = 70,
  LocalIo = 74,
  TryAgain = 75,
  PermissionDenied = 77,
  Configuration = 78,
};

// The seven steps of a delivery; log fields, metric labels and doc headings use the same names.
enum class Step { Discover, Fetch, Decompress, Parse, Apply, Record, Notify };
std::string_view to_string(Step step);

// Where an error happened. Empty, zero or absent means unknown.
struct Place {
  std::optional<Step> step{};
  std::uint64_t delivery = 0;
  std::string object_key{};
  std::uint64_t line = 0;  // 1 is the file's first line; for a Parquet file its first row
  std::string column{};
  std::optional<std::uint64_t> byte{};  // offset in the decompressed file
};

// "line 12", for a Parquet file "row 12"; empty: not known.
std::string line_text(const Place& place);

// The text of an error: complete, for the log and an operator's terminal; and without values from the rows of
// a file, for pages that anybody who can reach the port may read.
struct ErrorText {
  std::string whole, without_values;
  LogFields fields{};
  ErrorText after(const std::string& text) const { return {text + whole, text + without_values, fields}; }
  ErrorText before(const std::string& text) const { return {whole + text, without_values + text, fields}; }
  ErrorText of(const std::string& entity) const;  // sets the affected table
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, ExitCode exit_code, const std::string& what_happened, std::string hint);

  static Error retry(const std::string& what_happened, std::string hint = {});
  // Retry, because the object was changed or deleted after it was listed.
  static Error changed_object(const std::string& what_happened, std::string hint);
  // `what_happened` may quote a row. describe_without_values() then only has the SQLSTATE's meaning, unless
  // without_values() sets another text.
  static Error bad_delivery(const std::string& what_happened, std::string hint = {});
  // The same, if `what_happened` doesn't quote a row.
  static Error bad_file(const std::string& what_happened, std::string hint = {});
  static Error configuration(const std::string& what_happened, std::string hint = {});
  static Error permission(const std::string& what_happened, std::string hint = {});
  static Error unavailable(const std::string& what_happened, std::string hint = {});
  static Error local_io(const std::string& what_happened, std::string hint = {});
  static Error internal(const std::string& what_happened, std::string hint = {});

  // Adds to the place without overwriting known parts.
  Error& at(const Place& place) &;
  Error& at(Step step) &;
  Error at(const Place& place) &&;
  Error at(Step step) &&;

  // Adds a sentence to the hint.
  void advise(const std::string& hint);

  ErrorKind kind() const { return kind_; }
  ExitCode exit_code() const { return exit_code_; }
  bool is_changed_object() const { return changed_object_; }
  const std::string& hint() const { return hint_; }
  const Place& place() const { return place_; }
  // PostgreSQL's five-character error code; empty for other errors.
  const std::string& sqlstate() const { return sqlstate_; }
  Error with_sqlstate(std::string sqlstate) &&;

  // The message without values from the rows of a file.
  std::string without_values() const;
  Error without_values(std::string what_happened) &&;

  // "Delivery 7: dbo/orders/….csv.gz line 12 column qty: message. Hint."
  std::string describe() const;
  std::string describe_without_values() const;
  ErrorText text() const;

 private:
  std::string describe(const std::string& what_happened) const;

  ErrorKind kind_;
  ExitCode exit_code_;
  std::string hint_;
  std::string sqlstate_;
  std::optional<std::string> without_values_;
  bool changed_object_ = false;
  Place place_;
};

// At most `limit` bytes of a value from outside, for messages: control characters are escaped, and UTF-8
// characters are never split.
std::string shortened(std::string_view value, std::size_t limit = 80);

// Sanitizes text from outside for a terminal, a log or a file: unprintable characters are escaped, as \u001b,
// so that they can neither control a terminal nor hide text. These are control characters (except line breaks
// and tabs), Unicode's bidirectional controls and line separators, and invalid UTF-8.
std::string printable(std::string_view text);
// The same on one line: line breaks and tabs are escaped too.
std::string printable_line(std::string_view text);
// Whether printable_line() leaves it unchanged.
bool is_printable(std::string_view text);

}  // namespace peo
