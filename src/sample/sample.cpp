#include "sample/sample.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file_error.hpp"
#include "sample/change_files.hpp"
#include "sample/desk.hpp"
#include "sample/expected.hpp"
#include "sample/full_load.hpp"
#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

namespace fs = std::filesystem;

// ---- options

void check(std::string_view name, std::uint64_t value, std::uint64_t min, std::uint64_t max) {
  if (value >= min && value <= max) return;
  throw Error::configuration(fmt::format("a sample can't have {} = {}.", name, value),
                             fmt::format("Choose a number from {} to {}.", min, max));
}

void check(const SampleOptions& options) {
  check("strategies", options.strategies, 1, 1'000'000);
  check("orders", options.orders, 0, 10'000'000);
  check("executions", options.executions, 0, options.orders == 0 ? 0 : 100'000'000);
  check("days", options.days, 0, 1000);
  check("orders_per_day", options.orders_per_day, 0, 1'000'000);
  check("files_per_hour", options.files_per_hour, 1, 1000);
  check("load_files", options.load_files, 1, 10'000);
  check("gzip_level", options.gzip_level, 1, 9);
}

// ---- the directory

// Held while checking whether a sample must be written and writing it. It is a lock on the directory itself,
// so that nothing is created in it before it is known to be a sample.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory) {
    file_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file_ < 0) throw file_error(errno, "can't open the directory " + directory.string());
    while (::flock(file_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      const int error = errno;
      ::close(file_);
      throw file_error(error, "can't lock the directory " + directory.string());
    }
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock() { ::close(file_); }

 private:
  int file_ = -1;
};

// Marks a sample that is being written or was interrupted; contains its options. Hidden, so that a loader
// that reads the directory meanwhile doesn't see it.
fs::path marker_of(const fs::path& directory) { return directory / ".sample-under-way"; }

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Error other_sample(const fs::path& directory, const std::string& its, const std::string& wanted) {
  return Error::configuration(fmt::format("{} contains a sample with other options ({}).", directory.string(),
                                          differences(its, wanted)),
                              "Choose another directory, use the same options, or remove the directory.");
}

// The complete sample in the directory, if any. Throws if it contains another sample.
std::optional<SampleSummary> existing_sample(const fs::path& directory, const std::string& options) {
  const std::optional<ExistingSample> there = read_expected(directory);
  if (!there) return std::nullopt;
  if (there->options != options) throw other_sample(directory, there->options, options);
  if (!there->complete) return std::nullopt;
  SampleSummary summary = there->summary;
  summary.already_there = true;
  return summary;
}

// Throws if the directory contains anything other than a sample or the beginning of this one.
void require_sample_or_empty(const fs::path& directory, const std::string& wanted) {
  std::error_code error;
  if (fs::exists(directory / "expected.json", error)) return;
  if (fs::exists(marker_of(directory), error)) {
    const auto its = text_of(marker_of(directory));
    if (!its.empty() && its != wanted) throw other_sample(directory, its, wanted);
    return;
  }
  const fs::directory_iterator entries(directory, error);
  if (error) throw file_error(error.value(), "can't list the directory " + directory.string());
  if (entries == fs::directory_iterator()) return;
  throw Error::configuration(fmt::format("{} contains {}, which is not part of a sample.", directory.string(),
                                         entries->path().filename().string()),
                             "Choose a directory that is empty or doesn't exist yet.");
}

// ---- the content

void write_text(const fs::path& path, const std::string& text) {
  const fs::path hidden = path.parent_path() / ("." + path.filename().string() + ".part");
  std::ofstream file(hidden, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file || ::rename(hidden.c_str(), path.c_str()) != 0)
    throw file_error(errno, "can't write " + path.string());
}

ObjectForm form_of(const SampleOptions& options) {
  return {.gzip_level = static_cast<int>(options.gzip_level), .duckdb_library = options.duckdb_library};
}

LoadedTables load_tables(const SampleOptions& options, const fs::path& directory) {
  const auto form = form_of(options);
  return {.strategies{Table::Strategies, directory, options.strategies, options.load_files, form},
          .orders{Table::Orders, directory, options.orders, options.load_files, form},
          .executions{Table::Executions, directory, options.executions, options.load_files, form}};
}

void write_changes(const SampleOptions& options, const fs::path& directory, Past& past, LoadedTables& tables,
                   WrittenFiles& written) {
  const ChangeFileOptions files{.files_per_hour = options.files_per_hour,
                                .date_partitioned = options.date_partitioned,
                                .form = form_of(options)};
  const auto of = [&](Table table) {
    return ChangeFiles(table, directory, options.seed, files, tables.of(table).state());
  };
  std::array changes = {of(Table::Strategies), of(Table::Orders), of(Table::Executions)};
  Desk desk(options, past, {changes[0], changes[1], changes[2]});
  for (std::uint64_t day = 0; day < options.days; ++day) desk.trade_day(trading_day(history_days + day));
  for (ChangeFiles& table : changes) {
    written.insert(written.end(), std::make_move_iterator(table.written().begin()),
                   std::make_move_iterator(table.written().end()));
  }
}

SampleSummary summary_of(const WrittenFiles& files) {
  SampleSummary summary;
  for (const WrittenFile& file : files) {
    ++summary.files;
    summary.rows += file.rows;
    summary.bytes += file.bytes;
  }
  return summary;
}

SampleSummary write_content(const SampleOptions& options, const fs::path& directory) {
  LoadedTables tables = load_tables(options, directory);
  Past past = write_full_load(options, tables);
  WrittenFiles written;
  std::array<ExpectedTable, 3> expected;
  const auto content = [&](Table table) {
    const TableState& state = tables.of(table).state();
    return TableContent{state.rows(), state.checksum()};
  };
  for (const Table table : all_tables) {
    const WrittenFiles& loads = tables.of(table).written();
    written.insert(written.end(), loads.begin(), loads.end());
    expected.at(static_cast<std::size_t>(table)).after_full_load = content(table);
  }
  write_changes(options, directory, past, tables, written);
  for (const Table table : all_tables) expected.at(static_cast<std::size_t>(table)).at_end = content(table);
  write_text(directory / "expected.json", expected_text(options, expected, written));
  return summary_of(written);
}

}  // namespace

SampleSummary write_sample(const SampleOptions& options, const fs::path& directory) {
  check(options);
  make_directories(directory);
  const std::string wanted = options_text(options);
  if (const auto summary = existing_sample(directory, wanted)) return *summary;

  const DirectoryLock lock(directory);
  // Another process may have finished it while we waited for the lock.
  if (const auto summary = existing_sample(directory, wanted)) return *summary;
  require_sample_or_empty(directory, wanted);
  // Without a hidden temporary file: if a crash left one, the directory would look like
  // something else.
  std::ofstream mark(marker_of(directory), std::ios::binary | std::ios::trunc);
  mark << wanted << std::flush;
  if (!mark) throw file_error(errno, "can't write " + marker_of(directory).string());
  const SampleSummary summary = write_content(options, directory);
  ::unlink(marker_of(directory).c_str());
  return summary;
}

}  // namespace peo::sample
