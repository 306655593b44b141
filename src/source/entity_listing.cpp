#include "source/entity_listing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peo::source {
namespace {

// The prefix of file names of `time`; `separator` is between date and time of day.
std::string name_of(Time time, const char* separator) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(time) - day};
  return fmt::format("{:04}{:02}{:02}{}{:02}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), separator,
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

// Start-after key for listing changes of `time` and later without date partitions.
std::string flat_name(Time time) { return name_of(time, "-"); }
std::string transaction_name(Time time, std::string_view like) {
  return std::string(like.substr(0, std::string_view("CDC_TXN-").size())) + name_of(time, "");
}

// The latest time that a date prefix may name when only its first parts are known; none: not a date.
std::optional<Time> latest_in(std::string_view relative, const DatePrefix& dates) {
  using namespace std::chrono;
  int y = 9999;
  unsigned m = 12;
  unsigned d = 31;
  std::size_t at = 0;
  for (const auto part : dates.parts) {
    if (at >= relative.size()) break;
    std::size_t digits = 0;
    const std::size_t most = part == DatePrefix::Part::Year ? 4 : 2;
    unsigned value = 0;
    while (digits < most && at < relative.size() && relative[at] >= '0' && relative[at] <= '9') {
      value = value * 10 + static_cast<unsigned>(relative[at++] - '0');
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    if (part == DatePrefix::Part::Year) y = static_cast<int>(value);
    if (part == DatePrefix::Part::Month) m = std::clamp(value, 1U, 12U);
    if (part == DatePrefix::Part::Day) d = std::clamp(value, 1U, 31U);
    if (at < relative.size() && (relative[at] == '/' || relative[at] == dates.separator)) ++at;
  }
  if (at < relative.size()) return std::nullopt;
  year_month_day date{year(y), month(m), day(d)};
  if (!date.ok()) date = year(y) / month(m) / last;
  return Time(sys_days(date)) + hours(24);
}

// The earliest time that files written from then on may have in their names: times repeat after the clock was
// set back.
Time in_names(Time from, const TimeZone* names_zone) {
  constexpr auto most = std::chrono::hours(2);  // by which a clock is set back
  if (names_zone == nullptr) return from;
  const auto local = names_zone->to_local(from);
  return names_zone->to_local(from + most) == local + most ? local : local - most;
}

}  // namespace

EntityListing::Start EntityListing::start(const TablePrefix& entity, bool full,
                                          std::chrono::seconds look_back, const TimeZone* names_zone) {
  Start start;
  start.request.prefix = entity.prefix;
  const auto& state = entity.state;
  const auto newest = state.listed_to ? state.listed_to : state.snapshot;
  // A renamed prefix (another case, another schema) has different keys.
  if (full || !newest || !state.layout_key.starts_with(entity.prefix)) return start;
  const Time within = *newest - look_back;
  const Time from = in_names(std::max(within, state.look_back_to.value_or(within)), names_zone);
  const auto relative = std::string_view(state.layout_key).substr(entity.prefix.size());
  const auto name = parse_object_name(relative);
  if (std::holds_alternative<TransactionName>(name)) {
    start.request.start_after = entity.prefix + transaction_name(from, relative);
    start.is_flat = false;
    return start;
  }
  const auto* change = std::get_if<ChangeName>(&name);
  const auto date_prefix = date_prefix_of(relative, change != nullptr ? change->time : *newest);
  start.is_flat = !date_prefix;
  if (!date_prefix) {
    start.request.start_after = entity.prefix + flat_name(from);
    return start;
  }
  // DMS may put a change of midnight under the next day's prefix, so one day more.
  start.from = from - std::chrono::hours(24);
  if (date_prefix->sorts_by_time()) {
    auto first = date_prefix->name(start.from);
    first.pop_back();
    start.request.start_after = entity.prefix + first;
  } else {
    start.request.delimited = true;
    start.dates = date_prefix;
  }
  return start;
}

void EntityListing::run(const Start& start) {
  if (start.dates) return dates(entity_.prefix, *start.dates, start.from);
  if (start.is_flat) return flat(start.request.start_after);
  tree(entity_.prefix, start.request.start_after);
}

// Lists change files, whose names sort by time, then LOADs. LOADs are loaded first, so they are listed before
// the second page of change files.
void EntityListing::flat(const std::string& start_after) {
  if (limit_ == nullptr) return tree(entity_.prefix, start_after);
  const auto tail = entity_.prefix + "21";  // after the change files of this century
  ListRequest request{
      .prefix = entity_.prefix, .delimited = false, .start_after = start_after, .continuation = {}};
  bool tail_is_listed = false;
  while (true) {
    auto page = source_.list(request);
    auto last_key = page.objects.empty() ? std::string() : page.objects.back().key;
    if (tail_is_listed && last_key > tail) {
      std::erase_if(page.objects, [&](const auto& object) { return object.key > tail; });
      page.next.clear();
    }
    take_(std::move(page.objects));
    if (page.next.empty()) return;
    request.continuation = page.next;
    if (!tail_is_listed && last_key < tail) {
      tree(entity_.prefix, tail, limit_->take_tail);
      tail_is_listed = true;
    }
    if (tail_is_listed && limit_->enough(last_key)) return;
  }
}

void EntityListing::tree(const std::string& prefix, const std::string& start_after, const Take& take) {
  ListRequest request{.prefix = prefix, .delimited = false, .start_after = start_after, .continuation = {}};
  do {
    auto page = source_.list(request);
    take(std::move(page.objects));
    request.continuation = page.next;
  } while (!request.continuation.empty());
}

// Lists date prefixes whose names don't sort by time (07/2022/15/, 2022/9/3/) level by level, skipping those
// that can't contain anything as new as `from`.
void EntityListing::dates(const std::string& prefix, const DatePrefix& date_prefix, Time from) {
  ListRequest request{.prefix = prefix, .delimited = true, .start_after = {}, .continuation = {}};
  do {
    auto page = source_.list(request);
    take_(std::move(page.objects));
    for (const auto& below : page.prefixes) {
      const auto latest = latest_in(std::string_view(below).substr(entity_.prefix.size()), date_prefix);
      if (!latest) {
        tree(below, "");  // a partition of the full load
      } else if (*latest >= from) {
        dates(below, date_prefix, from);
      }
    }
    request.continuation = page.next;
  } while (!request.continuation.empty());
}

}  // namespace peo::source
