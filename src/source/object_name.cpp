#include "source/object_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/identifiers.hpp"

namespace peo::source {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= '0' && c <= '9'; });
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Extensions, which follow the stem: ".csv", ".csv.gz", or ".parquet" for files of one table.
bool is_csv(std::string_view extension) { return extension == ".csv" || extension == ".csv.gz"; }
bool is_data(std::string_view extension) { return is_csv(extension) || extension == ".parquet"; }

std::optional<LoadName> load_name(std::string_view name) {
  if (name.starts_with("SEGMENT")) {
    const auto underscore = name.find("_LOAD");
    if (underscore == std::string_view::npos || underscore == 7) return std::nullopt;
    name.remove_prefix(underscore + 1);
  }
  if (!name.starts_with("LOAD")) return std::nullopt;
  name.remove_prefix(4);
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || dot < 3 || dot > 16 || !is_data(name.substr(dot))) return std::nullopt;
  const auto upper_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  if (!std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot), upper_hex))
    return std::nullopt;
  LoadName result;
  std::from_chars(name.data(), name.data() + dot, result.counter, 16);
  return result;
}

// 20220922 and 095853123: a fraction of 2 to 4 digits.
std::optional<Time> time_of(std::string_view date, std::string_view clock) {
  if (!all_digits(date) || !all_digits(clock)) return std::nullopt;
  using namespace std::chrono;
  const year_month_day day{year(static_cast<int>(number(date.substr(0, 4)))),
                           month(number(date.substr(4, 2))), std::chrono::day(number(date.substr(6, 2)))};
  const auto h = number(clock.substr(0, 2));
  const auto m = number(clock.substr(2, 2));
  const auto s = number(clock.substr(4, 2));
  // PostgreSQL has no year 0.
  if (!day.ok() || day.year() < year(1) || h > 23 || m > 59 || s > 60) return std::nullopt;
  auto fraction = std::string(clock.substr(6));
  fraction.resize(6, '0');
  return Time(sys_days(day)) + hours(h) + minutes(m) + seconds(s) + microseconds(number(fraction));
}

// The name without its extension.
std::optional<std::string_view> stem_before(bool (*is_extension)(std::string_view), std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || !is_extension(name.substr(dot))) return std::nullopt;
  return name.substr(0, dot);
}

std::optional<ChangeName> change_name(std::string_view name) {
  const auto stem = stem_before(is_data, name);
  if (!stem || stem->size() < 17 || stem->size() > 19 || (*stem)[8] != '-') return std::nullopt;
  const auto time = time_of(stem->substr(0, 8), stem->substr(9));
  return time ? std::optional(ChangeName{*time}) : std::nullopt;
}

std::optional<TransactionName> transaction_name(std::string_view name) {
  constexpr std::string_view begin = "CDC_TXN";
  const auto stem = stem_before(is_csv, name);  // CSV even with DataFormat=parquet
  if (!stem || stem->size() != begin.size() + 18 || !stem->starts_with(begin)) return std::nullopt;
  const char dash = (*stem)[begin.size()];
  if (dash != '-' && dash != '_') return std::nullopt;
  const auto time = time_of(stem->substr(begin.size() + 1, 8), stem->substr(begin.size() + 9));
  return time ? std::optional(TransactionName{*time}) : std::nullopt;
}

}  // namespace

ObjectName parse_object_name(std::string_view relative) {
  if (relative.empty() || relative.ends_with('/') || relative.ends_with("_$folder$")) return FolderMarker{};
  const auto slash = relative.find_last_of('/');
  const bool nested = slash != std::string_view::npos;
  const auto name = nested ? relative.substr(slash + 1) : relative;
  if (const auto load = load_name(name)) {
    // LOADs are directly under the table's prefix or one partition deeper; anything below is an archive.
    if (nested && std::count(relative.begin(), relative.end(), '/') > 1) return UnknownName{};
    return *load;
  }
  if (const auto change = change_name(name)) {
    if (nested && !date_prefix_of(relative, change->time)) return UnknownName{};
    return *change;
  }
  if (const auto transactions = transaction_name(name); transactions && !nested) return *transactions;
  return UnknownName{};
}

bool is_manifest(std::string_view key) { return key.ends_with(".dfm"); }

std::string_view stem_of(std::string_view key) {
  const auto slash = key.find_last_of('/');
  return key.substr(0, key.find('.', slash == std::string_view::npos ? 0 : slash));
}

bool is_control_table(std::string_view name) {
  const auto lower = lower_case(name);
  return lower.starts_with("awsdms_") || lower.starts_with("attrep_") || lower == "s3_validation_failures";
}

bool DatePrefix::sorts_by_time() const {
  return padded && std::is_sorted(parts.begin(), parts.end()) && !parts.empty() &&
         parts.front() == Part::Year;
}

std::string DatePrefix::name(Time time) const {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date{days};
  std::string text;
  for (const auto part : parts) {
    if (!text.empty() && separator != '\0') text += separator;
    const auto two = [&](unsigned value) {
      return padded ? fmt::format("{:02}", value) : fmt::format("{}", value);
    };
    switch (part) {
      case Part::Year:
        text += fmt::format("{:04}", static_cast<int>(date.year()));
        break;
      case Part::Month:
        text += two(static_cast<unsigned>(date.month()));
        break;
      case Part::Day:
        text += two(static_cast<unsigned>(date.day()));
        break;
      case Part::Hour:
        text += two(static_cast<unsigned>(floor<hours>(time - days).count()));
        break;
    }
  }
  return text + "/";
}

namespace {

using Part = DatePrefix::Part;

// DatePartitionSequence knows these five (AWS DMS S3Settings).
const std::vector<std::vector<Part>>& sequences() {
  static const std::vector<std::vector<Part>> known = {
      {Part::Year, Part::Month, Part::Day},
      {Part::Year, Part::Month, Part::Day, Part::Hour},
      {Part::Year, Part::Month},
      {Part::Month, Part::Year, Part::Day},
      {Part::Day, Part::Month, Part::Year},
  };
  return known;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// The numbers of a date prefix, split at its separators or, without any, by the number of digits that the
// sequence defines for each part.
std::optional<std::vector<std::string_view>> numbers_of(std::string_view dates, char separator,
                                                        const std::vector<Part>& sequence) {
  std::vector<std::string_view> numbers;
  if (separator != '\0') {
    numbers = split(dates, separator);
  } else {
    for (const auto part : sequence) {
      const std::size_t digits = part == Part::Year ? 4 : 2;
      if (dates.size() < digits) return std::nullopt;
      numbers.push_back(dates.substr(0, digits));
      dates.remove_prefix(digits);
    }
    if (!dates.empty()) return std::nullopt;
  }
  if (numbers.size() != sequence.size()) return std::nullopt;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool fits =
        sequence[i] == Part::Year ? numbers[i].size() == 4 : numbers[i].size() == 1 || numbers[i].size() == 2;
    if (!fits || !all_digits(numbers[i])) return std::nullopt;
  }
  return numbers;
}

// The distance in days between the prefix's date and the file's: DMS may put a change of midnight under the
// next day's prefix.
std::optional<long> distance(const std::vector<std::string_view>& numbers, const std::vector<Part>& sequence,
                             Time time) {
  using namespace std::chrono;
  const year_month_day name{floor<days>(time)};
  auto y = name.year();
  auto m = name.month();
  auto d = name.day();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto value = number(numbers[i]);
    if (sequence[i] == Part::Year) y = year(static_cast<int>(value));
    if (sequence[i] == Part::Month) m = month(value);
    if (sequence[i] == Part::Day) d = day(value);
    if (sequence[i] == Part::Hour && value > 23) return std::nullopt;
  }
  const year_month_day date{y, m, d};
  if (!date.ok()) return std::nullopt;
  return std::abs((sys_days(date) - sys_days(name)).count());
}

}  // namespace

std::optional<DatePrefix> date_prefix_of(std::string_view relative, Time time) {
  const auto slash = relative.find_last_of('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto dates = relative.substr(0, slash);
  char separator = '\0';
  for (const char candidate : {'/', '-', '_'}) {
    if (dates.find(candidate) != std::string_view::npos) {
      separator = candidate;
      break;
    }
  }
  std::optional<DatePrefix> best;
  long nearest = 32;  // days: a month's prefix may contain files that were closed one day into the next
  for (const auto& sequence : sequences()) {
    const auto numbers = numbers_of(dates, separator, sequence);
    if (!numbers) continue;
    const auto days = distance(*numbers, sequence, time);
    if (!days || *days >= nearest) continue;
    nearest = *days;
    const bool padded =
        std::none_of(numbers->begin(), numbers->end(), [](auto text) { return text.size() == 1; });
    best = DatePrefix{sequence, separator, padded};
  }
  return best;
}

}  // namespace peo::source
