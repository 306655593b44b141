#include "tables/survey/table_survey.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "decode/row_layout.hpp"

namespace peo::survey {
namespace {

bool ends_with_id(const std::string& name) {
  const auto word = lower_case(name);
  return word == "id" || word.ends_with("_id") || name.ends_with("Id") || name.ends_with("ID") ||
         word.ends_with("_key") || word.ends_with("_no") || word.ends_with("_code");
}

class Surveyor {
 public:
  Surveyor(source::Source& source, const TablePrefix& location, const SurveyOptions& options,
           const Cancellation& stop)
      : source_(source), options_(options), stop_(stop) {
    found_.location = location;
    read_.keep_bad_rows = options.skip_unreadable;
  }

  TableSurvey run() {
    found_.files = list_files(source_, found_.location);
    found_.shape = find_shape(source_, found_.files, stop_, read_,
                              {.name = found_.location.table,
                               .columns = options_.table,
                               .format = options_.read.format,
                               .entries = options_.read.columns.of(found_.location.table)},
                              [this](const TableFile& file, const Error& error) { skip(file, error); });
    const auto width = found_.shape.columns.size();
    found_.columns.assign(width, ColumnStats(options_.exact_distinct));
    found_.filled_in_deletes.assign(width, 0);
    found_.types.assign(width, {});
    if (width == 0) return std::move(found_);
    find_keys();
    if (options_.rows_of_file == 0) {
      for_each_file(source_, found_.location, [this](const TableFile& file) { read(file, 0); });
    } else {
      for_some([this](const TableFile& file) { read(file, options_.rows_of_file); });
    }
    found_.complete = options_.rows_of_file == 0 && found_.files_left_out == 0 && found_.unreadable.empty();
    found_.distinct_keys = keys_.count();
    found_.distinct_keys_exact = keys_.exact();
    return std::move(found_);
  }

 private:
  void for_some(const std::function<void(const TableFile&)>& take) const {
    for (const auto* group : {&found_.files.loads, &found_.files.changes}) {
      for (const auto* some : {&group->first, &group->last}) {
        for (const auto& file : *some) take(file);
      }
    }
  }

  // One pass over the beginning of the full loads, so that the real pass knows the key that it must watch.
  void find_keys() {
    if (!options_.key.empty()) return take_told_key();
    if (!found_.shape.key.empty()) {
      found_.keys.push_back(found_.shape.key);
      found_.key_by = TableSurvey::KeyBy::Sql;
      return;
    }
    KeyFinder finder(found_.shape.columns.size());
    std::vector<ColumnStats> facts(found_.shape.columns.size());
    const bool loads = found_.files.loads.count != 0;
    for_some([&](const TableFile& file) {
      if (loads != (file.kind == DeliveryKind::FullLoad)) return;
      for_rows(file, KeyFinder::most_rows, [&](char operation, const Value* values) {
        if (operation != 'I') return;
        finder.add(values);
        for (std::size_t i = 0; i < facts.size(); ++i) facts[i].add(values[i]);
      });
    });
    found_.key_rows = finder.rows();
    found_.keys = finder.candidates();
    std::erase_if(found_.keys, [&](const auto& key) {
      return std::any_of(key.begin(), key.end(), [&](auto place) {
        return (place == 0 && facts[place].like_dms_time()) || facts[place].like_dms_sequence();
      });
    });
    leave_out_what_deletes_lack();
    std::stable_sort(found_.keys.begin(), found_.keys.end(), [&](const auto& a, const auto& b) {
      return likelihood(a, facts) > likelihood(b, facts);
    });
  }

  // A delete names the key of its row: a column that it leaves empty is no part of the key, however unique
  // the rows are by it.
  void leave_out_what_deletes_lack() {
    std::vector<bool> lacking(found_.shape.columns.size(), false);
    for_some([&](const TableFile& file) {
      if (file.kind != DeliveryKind::Change) return;
      for_rows(file, KeyFinder::most_rows, [&](char operation, const Value* values) {
        if (operation != 'D') return;
        for (std::size_t i = 0; i < lacking.size(); ++i) lacking[i] = lacking[i] || values[i].null;
      });
    });
    std::erase_if(found_.keys, [&](const auto& key) {
      return std::ranges::any_of(key, [&](auto place) { return lacking[place]; });
    });
  }

  void take_told_key() {
    auto& key = found_.keys.emplace_back();
    for (const auto& name : options_.key) {
      const auto& names = found_.shape.columns;
      const auto place =
          std::find_if(names.begin(), names.end(), [&](const auto& known) { return same_name(known, name); });
      if (place == names.end()) {
        throw Error(ErrorKind::Fatal, ExitCode::CommandLine,
                    fmt::format("{} has no column {}; it has {}", found_.location.table, shortened(name),
                                fmt::join(names, ", ")),
                    "Use these names; columns without a header are column_1, column_2, ….");
      }
      key.push_back(static_cast<std::size_t>(place - names.begin()));
    }
    found_.key_by = TableSurvey::KeyBy::Person;
  }

  // Few columns, at the front, named like a key. What looks like an amount or a time is hardly one.
  int likelihood(const std::vector<std::size_t>& key, const std::vector<ColumnStats>& facts) const {
    int points = -20 * static_cast<int>(key.size());
    for (const auto place : key) {
      points -= static_cast<int>(place);
      if (facts[place].ordered_by_value() && facts[place].most_fraction > 0) points -= 50;
      if (found_.shape.header && ends_with_id(found_.shape.columns[place])) points += 15;
    }
    return points;
  }

  using TakeRow = std::function<void(char operation, const Value*)>;

  // Called in the handler of its error.
  void skip(const TableFile& file, const Error& error) {
    const auto code = error.exit_code();
    // Errors that may concern only this object: its content, a permission on it, a change during the read.
    const bool of_file =
        code == ExitCode::BadInput || code == ExitCode::PermissionDenied || error.is_changed_object();
    if (!options_.skip_unreadable || !of_file) throw;
    note_unreadable(file, error.place().line, error.what(), code);
  }

  void note_unreadable(const TableFile& file, std::uint64_t line, const std::string& why,
                       ExitCode code = ExitCode::BadInput) {
    const auto& key = file.object.key;
    const auto at = line_text({.object_key = key, .line = line});
    found_.unreadable.try_emplace(
        key, UnreadableFile{.where = key + (at.empty() ? "" : " " + at), .why = why, .exit_code = code});
  }

  bool for_rows(const TableFile& file, std::uint64_t most, const TakeRow& take) {
    try {
      return read_rows(file, most, take);
    } catch (const Error& error) {
      skip(file, error);
      return true;
    }
  }

  // Rows without header and Op. `take` gets 'I', 'U' or 'D' and the values of all columns, NULL for those
  // that the file lacks. False when the file is built otherwise.
  bool read_rows(const TableFile& file, std::uint64_t most, const TakeRow& take) {
    RowReader reader(source_, file.object, stop_, read_);
    const auto* row = reader.next();
    if (row == nullptr) return true;
    std::vector<std::string> first;
    for (const auto& value : *row) first.emplace_back(value.text);
    const auto fields = found_.shape.fields_of(file.kind, first, file.object.key);
    if (!fields) return false;
    note_types(*fields, reader.column_types());
    if (fields->header) row = reader.next();
    Values values(found_.shape.columns.size());
    for (std::uint64_t rows = 0; row != nullptr && (most == 0 || rows < most); ++rows, row = reader.next()) {
      if (stop_.requested()) throw Error::retry("stopped");
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto place = fields->places[i];
        values[i] = place == FileFields::none ? Value{{}, true} : (*row)[static_cast<std::size_t>(place)];
      }
      take(operation_in(file, *fields, *row), values.data());
    }
    if (const auto* const bad = reader.bad_row()) note_unreadable(file, bad->line, bad->reason);
    return true;
  }

  void note_types(const FileFields& fields, const std::vector<std::string>& types) {
    for (std::size_t i = 0; i < fields.places.size() && !types.empty(); ++i) {
      if (fields.places[i] == FileFields::none) continue;
      const auto& type = types.at(static_cast<std::size_t>(fields.places[i]));
      if (!type.empty()) found_.types[i].insert(type);
    }
  }

  static char operation_in(const TableFile& file, const FileFields& fields, const Values& row) {
    if (fields.operation == FileFields::none) return 'I';
    try {
      return static_cast<char>(decode::operation_of(row[static_cast<std::size_t>(fields.operation)].text));
    } catch (Error& error) {
      error.at({.object_key = file.object.key});
      throw;
    }
  }

  void read(const TableFile& file, std::uint64_t most) {
    if (options_.on_file) options_.on_file(file);
    Operations counted;
    const bool fits = for_rows(
        file, most, [&](char operation, const Value* values) { row(file.kind, operation, values, counted); });
    ++found_.files_read;
    if (!fits) ++found_.files_left_out;
    if (file.kind == DeliveryKind::Change) {
      found_.first_change = std::min(found_.first_change.value_or(file.name_time), file.name_time);
      found_.last_change = std::max(found_.last_change.value_or(file.name_time), file.name_time);
      count(file.name_time, counted);
    }
  }

  void row(DeliveryKind kind, char operation, const Value* values, Operations& counted) {
    const auto width = found_.columns.size();
    if (kind == DeliveryKind::FullLoad) {
      ++found_.load_rows;
      watch_key(values);
    } else {
      ++(operation == 'I' ? counted.inserts : operation == 'U' ? counted.updates : counted.deletes);
    }
    if (operation == 'D') {
      bool sparse = false;
      for (std::size_t i = 0; i < width; ++i) {
        found_.filled_in_deletes[i] += values[i].null ? 0 : 1;
        sparse = sparse || values[i].null;
      }
      found_.sparse_deletes += sparse ? 1 : 0;
      return;
    }
    for (std::size_t i = 0; i < width; ++i) found_.columns[i].add(values[i]);
  }

  void watch_key(const Value* values) {
    if (found_.keys.empty()) return;
    const auto& key = found_.keys.front();
    if (keys_.add(hash_of(values, key)) || !found_.duplicate_key.empty()) return;
    for (const auto place : key) {
      found_.duplicate_key += found_.duplicate_key.empty() ? "" : ", ";
      found_.duplicate_key += shortened(values[place].text, 40);
    }
  }

  void count(Time time, const Operations& counted) {
    found_.changes.inserts += counted.inserts;
    found_.changes.updates += counted.updates;
    found_.changes.deletes += counted.deletes;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    add_to(found_.over_time, seconds - seconds % found_.bucket_seconds, counted);
    if (found_.over_time.size() <= TableSurvey::most_buckets) return;
    found_.bucket_seconds = found_.bucket_seconds == 3600 ? 86'400 : found_.bucket_seconds * 2;
    std::map<std::int64_t, Operations> coarser;
    for (const auto& [start, operations] : found_.over_time)
      add_to(coarser, start - start % found_.bucket_seconds, operations);
    found_.over_time.swap(coarser);
  }

  static void add_to(std::map<std::int64_t, Operations>& buckets, std::int64_t start,
                     const Operations& counted) {
    auto& bucket = buckets[start];
    bucket.inserts += counted.inserts;
    bucket.updates += counted.updates;
    bucket.deletes += counted.deletes;
  }

  source::Source& source_;
  const SurveyOptions& options_;
  const Cancellation& stop_;
  ReadSettings read_{options_.read};
  TableSurvey found_;
  DistinctCounter keys_{options_.exact_keys};
};

}  // namespace

TableSurvey survey_table(source::Source& source, const TablePrefix& location, const SurveyOptions& options,
                         const Cancellation& stop) {
  return Surveyor(source, location, options, stop).run();
}

}  // namespace peo::survey
