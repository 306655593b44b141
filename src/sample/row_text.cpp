#include "sample/row_text.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace peo::sample {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  out.append(digits.begin(), end);
}

// Digits with leading zeros, at `to`.
void put_digits(char* to, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// "2022-09-22", at `to`.
void put_date(char* to, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  put_digits(to, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  to[4] = '-';
  put_digits(to + 5, static_cast<unsigned>(date.month()), 2);
  to[7] = '-';
  put_digits(to + 8, static_cast<unsigned>(date.day()), 2);
}

}  // namespace

void RowText::begin(char operation) {
  row_begin_ = csv.size();
  canonical_.clear();
  first_ = operation == '\0';
  if (!first_) csv += operation;
}

void RowText::comma() {
  if (!first_) csv += ',';
  first_ = false;
}

void RowText::field(std::string_view in_csv, std::string_view canonical) {
  comma();
  csv += in_csv;
  append_number(canonical_, canonical.size());
  canonical_ += ':';
  canonical_ += canonical;
}

void RowText::number(std::uint64_t value) {
  std::array<char, 20> digits{};
  const char* end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  field(text, text);
}

void RowText::decimal(std::uint64_t value, unsigned decimals) {
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < decimals; ++i) unit *= 10;
  std::array<char, 32> digits{};
  char* end = std::to_chars(digits.begin(), digits.end(), value / unit).ptr;
  *end++ = '.';
  put_digits(end, value % unit, decimals);
  end += decimals;
  for (unsigned i = decimals; i < 8; ++i) *end++ = '0';
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  field(text, text);
}

void RowText::letter(char value) { field({&value, 1}, {&value, 1}); }

void RowText::text(std::string_view value) {
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    field(value, value);
    return;
  }
  std::string quoted = "\"";
  for (const char character : value) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  quoted += '"';
  field(quoted, value);
}

// SQL Server writes a uniqueidentifier in uppercase, PostgreSQL a uuid in lowercase.
void RowText::uuid(std::uint64_t high, std::uint64_t low) {
  std::array<char, 36> capital{};
  std::array<char, 36> small{};
  std::size_t at = 0;
  for (unsigned digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) capital[at] = small[at] = '-', ++at;
    const auto nibble = (digit < 16 ? high : low) >> (60 - digit % 16 * 4) & 0xF;
    capital[at] = "0123456789ABCDEF"[nibble];
    small[at] = "0123456789abcdef"[nibble];
    ++at;
  }
  field({capital.data(), capital.size()}, {small.data(), small.size()});
}

void RowText::boolean(bool value) { field(value ? "1" : "0", value ? "true" : "false"); }

void RowText::date(Time value) {
  std::array<char, 10> text{};
  put_date(text.data(), std::chrono::floor<std::chrono::days>(value));
  field({text.data(), text.size()}, {text.data(), text.size()});
}

void RowText::timestamp(Time value) {
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const auto of_day = static_cast<std::uint64_t>((value - day).count());
  std::array<char, 26> text{};
  put_date(text.data(), day);
  text[10] = ' ';
  const std::uint64_t seconds = of_day / 1'000'000;
  put_digits(&text[11], seconds / 3600, 2);
  text[13] = ':';
  put_digits(&text[14], seconds / 60 % 60, 2);
  text[16] = ':';
  put_digits(&text[17], seconds % 60, 2);
  text[19] = '.';
  put_digits(&text[20], of_day % 1'000'000, 6);
  field({text.data(), text.size()}, {text.data(), text.size()});
}

void RowText::null() {
  comma();
  csv += null_;
  canonical_ += '-';
}

std::uint64_t RowText::end() {
  csv += '\n';
  return hash_(canonical_);
}

void RowText::key_only(char operation, std::uint64_t key, std::size_t columns) {
  begin(operation);
  number(key);
  for (std::size_t i = 1; i < columns; ++i) csv += ',' + null_;
  csv += '\n';
}

void RowText::repeat() {
  const std::string row = csv.substr(row_begin_);
  row_begin_ = csv.size();
  csv += row;
}

}  // namespace peo::sample
