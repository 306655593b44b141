#include "sample/change_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

using std::chrono::milliseconds;

// "20220922-095853123", or with date prefixes "2022/09/22/20220922-095853123".
std::string change_name(Time time, bool date_partitioned) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto of_day = std::chrono::floor<milliseconds>(time - day).count();
  const int year = static_cast<int>(date.year());
  const auto month = static_cast<unsigned>(date.month());
  const auto day_of_month = static_cast<unsigned>(date.day());
  const auto seconds = of_day / 1000;
  return fmt::format("{}{:04}{:02}{:02}-{:02}{:02}{:02}{:03}",
                     date_partitioned ? fmt::format("{:04}/{:02}/{:02}/", year, month, day_of_month) : "",
                     year, month, day_of_month, seconds / 3600, seconds / 60 % 60, seconds % 60,
                     of_day % 1000);
}

constexpr milliseconds hour = std::chrono::hours(1);

}  // namespace

ChangeFiles::ChangeFiles(Table table, std::filesystem::path bucket, std::uint64_t seed,
                         ChangeFileOptions options, TableState& state)
    : table_(table),
      bucket_(std::move(bucket)),
      random_(seed, (std::uint64_t{3} << 60) + static_cast<std::uint64_t>(table)),
      options_(std::move(options)),
      state_(state),
      text_(options_.form.null()) {}

void ChangeFiles::begin_day(Time midnight) {
  due_.clear();
  next_due_ = 0;
  for (Time begin = midnight + opening; begin < midnight + closing; begin += hour) {
    const std::uint64_t files = random_.between(1, 2 * options_.files_per_hour - 1);
    for (std::uint64_t i = 0; i < files; ++i)
      due_.push_back(begin + milliseconds(random_.below(static_cast<std::uint64_t>(hour.count()))));
  }
  // The day's last file comes after everything that happens when the market closes.
  std::erase_if(due_, [&](Time time) { return time >= midnight + closing; });
  due_.push_back(midnight + closing + std::chrono::minutes(1) + milliseconds(random_.below(600'000)));
  std::sort(due_.begin(), due_.end());
  due_.erase(std::unique(due_.begin(), due_.end()), due_.end());
}

void ChangeFiles::advance_to(Time now) {
  while (next_due_ < due_.size() && due_[next_due_] <= now) write_out(due_[next_due_++]);
}

void ChangeFiles::end_day() { advance_to(due_.back()); }

void ChangeFiles::put_key(std::uint64_t key) {
  text_.key_only('D', key, columns_of(table_).size());
  changes_.push_back({'D', key, 0});
}

void ChangeFiles::repeat() {
  if (changes_.empty()) return;
  text_.repeat();
  const ChangeOf again = changes_.back();
  changes_.push_back(again);
}

void ChangeFiles::write_out(Time name_time) {
  if (changes_.empty()) return;
  WrittenFile done{.table = table_, .kind = DeliveryKind::Change, .key = {}, .effects = {}};
  done.key = fmt::format("dbo/{}/{}{}", name_of(table_), change_name(name_time, options_.date_partitioned),
                         options_.form.extension());
  ObjectFile file(bucket_ / done.key, options_.form, written_columns(table_, true));
  file.write(text_.csv);
  done.bytes = file.finish(name_time + std::chrono::seconds(2));  // written, then uploaded
  done.rows = changes_.size();
  for (const ChangeOf& change : changes_)
    ++(change.operation == 'I' ? done.inserts : change.operation == 'U' ? done.updates : done.deletes);
  done.effects = state_.apply(changes_);
  written_.push_back(std::move(done));
  text_.csv.clear();
  changes_.clear();
}

}  // namespace peo::sample
