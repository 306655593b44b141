// The one exception type of the loader, named by what the caller must do next.
//
//   Retry        may pass by itself: network, server restart, 5xx, serialization. Back off, try again.
//   BadDelivery  this file can't be loaded as it is: a cut gzip, a row too wide, a value that doesn't fit.
//   Fatal         a person must act: configuration, permission, schema, or a fault of ours.
//
// An error says what happened and what to do next (`hint`); where it happened (`Place`) is filled in by
// whoever knows it, from the inside out: a place already known is never overwritten. `describe()` is the
// whole story on one line. Exit codes follow sysexits.h; they are promised to users. No secret may ever be
// put in an error.
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

// The seven steps of a delivery's way; the same words name log fields, metric labels and doc headings.
enum class Step { Discover, Fetch, Decompress, Parse, Apply, Record, Notify };
std::string_view to_string(Step step);

// Where an error happened. Empty, zero or absent means unknown.
struct Place {
  std::optional<Step> step{};
  std::uint64_t delivery = 0;
  std::string object_key{};
  std::uint64_t line = 0;  // 1 is the file's first line; of a Parquet file: its first row
  std::string column{};
  std::optional<std::uint64_t> byte{};  // offset in the decompressed file
};

// "line 12", of a Parquet file "row 12"; empty: not known.
std::string line_text(const Place& place);

// An error in words: whole, for the log and an operator's terminal; and without what the rows of a file hold,
// for pages that anybody who reaches the port may read.
struct ErrorText {
  std::string whole, without_values;
  LogFields fields{};
  ErrorText after(const std::string& text) const { return {text + whole, text + without_values, fields}; }
  ErrorText before(const std::string& text) const { return {whole + text, without_values + text, fields}; }
  ErrorText of(const std::string& entity) const;  // the table that it concerns
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, ExitCode exit_code, const std::string& what_happened, std::string hint);

  static Error retry(const std::string& what_happened, std::string hint = {});
  // Retry, because the object isn't the one that was listed: it has changed or gone.
  static Error changed_object(const std::string& what_happened, std::string hint);
  // `what_happened` may quote a row. describe_without_values() then tells the SQLSTATE's meaning only, unless
  // the error is given words for it by without_values().
  static Error bad_delivery(const std::string& what_happened, std::string hint = {});
  // The same, where `what_happened` quotes nothing of a row.
  static Error bad_file(const std::string& what_happened, std::string hint = {});
  static Error configuration(const std::string& what_happened, std::string hint = {});
  static Error permission(const std::string& what_happened, std::string hint = {});
  static Error unavailable(const std::string& what_happened, std::string hint = {});
  static Error local_io(const std::string& what_happened, std::string hint = {});
  static Error internal(const std::string& what_happened, std::string hint = {});

  // Adds what is known of the place; what is already known stays.
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
  // PostgreSQL's five characters, where the server refused; else empty.
  const std::string& sqlstate() const { return sqlstate_; }
  Error with_sqlstate(std::string sqlstate) &&;

  // What happened, without what the rows hold: for a bad delivery's file, never its values.
  std::string without_values() const;
  Error without_values(std::string what_happened) &&;

  // "Delivery 7: dbo/orders/….csv.gz line 12 column qty: what happened. What to do."
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

// For messages: at most `limit` bytes of a value from outside, control characters made visible, never cut
// inside a UTF-8 character.
std::string shortened(std::string_view value, std::size_t limit = 80);

// Text that may hold text from outside, on its way to a terminal, a log or a file for people: what isn't
// printable is made visible, as \u001b, so that it commands no terminal and hides nothing: control characters
// (but for line breaks and tabs), those of Unicode that turn the direction of text or break lines, and bytes
// that are no UTF-8.
std::string printable(std::string_view text);
// Without line breaks and tabs too.
std::string printable_line(std::string_view text);
// Whether printable_line() would change it.
bool is_printable(std::string_view text);

}  // namespace peo
