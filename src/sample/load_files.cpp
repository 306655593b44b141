#include "sample/load_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

// The full load ran on the morning of the first day of changes, one table after the other.
Time load_time(Table table, std::uint64_t file) {
  using namespace std::chrono;
  return trading_day(history_days) + hours(5) + minutes(20 * static_cast<int>(table)) +
         milliseconds(100 * file);
}

}  // namespace

LoadFiles::LoadFiles(Table table, std::filesystem::path bucket, std::uint64_t rows, std::uint64_t files,
                     ObjectForm form)
    : table_(table),
      bucket_(std::move(bucket)),
      rows_(rows),
      files_(std::min(files, rows)),
      form_(std::move(form)),
      text_(form_.null()),
      state_(first_key_of(table)) {
  if (files_ > 0) file_end_ = rows_ / files_ + rows_ % files_ / files_;
}

void LoadFiles::write_out() {
  const std::uint64_t number = written_.size() + 1;
  const std::string key = fmt::format("dbo/{}/LOAD{:08X}{}", name_of(table_), number, form_.extension());
  if (!file_) file_.emplace(bucket_ / key, form_, written_columns(table_, false));
  file_->write(text_.csv);
  text_.csv.clear();
  if (rows_done_ < file_end_) return;

  WrittenFile done{.table = table_, .kind = DeliveryKind::FullLoad, .key = key, .effects = {}};
  done.bytes = file_->finish(load_time(table_, number));
  done.rows = done.inserts = done.effects.created = rows_done_ - file_begin_;
  file_.reset();
  written_.push_back(std::move(done));
  file_begin_ = file_end_;
  file_end_ = rows_ / files_ * (number + 1) + rows_ % files_ * (number + 1) / files_;
}

}  // namespace peo::sample
