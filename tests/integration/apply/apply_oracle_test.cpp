// The whole apply against a plain, slow oracle: random tables of all key types, random files of changes,
// through all the ways into a table (direct, staged, small). The dry run must say the same beforehand.
//
// PEO_ORACLE_SEEDS: how many streams each test takes (default 8); PEO_ORACLE_FIRST_SEED: the first.
#include "support/apply_oracle.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "support/bucket.hpp"
#include "support/loader_run.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"

namespace peo::test {
namespace {

using ::testing::IsEmpty;

const LoaderCommand loader_command{program(), {}};

unsigned setting(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? static_cast<unsigned>(std::stoul(text)) : otherwise;
}

class Stream {
 public:
  explicit Stream(std::uint32_t seed)
      : seed_(seed), stream_(random_stream(seed)), sql_(database_.conninfo()) {
    sql_.execute(stream_types_sql());
    for (const auto& table : stream_.tables) sql_.execute(table.sql());
  }

  void check() {
    // Some in two runs, so that the second meets rows, and a ledger.
    const auto first = seed_ % 3 == 0 ? stream_.files.size() / 2 : stream_.files.size();
    ApplyOracle oracle(sql_, stream_.tables);
    load_files(0, first, oracle);
    if (first < stream_.files.size()) load_files(first, stream_.files.size(), oracle);
    EXPECT_THAT(oracle.differences(), IsEmpty());
  }

 private:
  // Half of the bucket is half of each table's files: the rest is named later.
  void load_files(std::size_t from, std::size_t to, ApplyOracle& oracle) {
    for (std::size_t i = 0; i < stream_.files.size(); ++i) {
      const auto& file = stream_.files[i];
      const bool second_half = rank(i) * 2 >= files_of(file.table);
      const bool in_two = to - from != stream_.files.size();
      if (in_two && second_half != (from != 0)) continue;
      bucket_.put(file.object_key, gzipped(file.text()));
    }
    // Its files have no header, and a value of a column that is the only one may equal its name.
    LoaderSettings settings{{"SOURCE", bucket_.source()},
                            {"FORMAT", "header=no"},
                            {"TARGET", database_.conninfo()},
                            {"ENTITIES", "none"},
                            {"RETRY_SECONDS", "0"}};
    auto dry = settings;
    dry["DRY_RUN"] = "True";
    const auto predicted = run_loader(loader_command, dry);
    ASSERT_EQ(predicted.status, 0) << predicted.err;
    const auto ran = run_loader(loader_command, settings);
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(deliveries_in(predicted.err), deliveries_in(ran.err));
    apply_to(oracle);
  }

  std::size_t files_of(std::size_t table) const {
    return static_cast<std::size_t>(std::count_if(stream_.files.begin(), stream_.files.end(),
                                                  [&](const auto& f) { return f.table == table; }));
  }
  std::size_t rank(std::size_t index) const {
    const auto end = stream_.files.begin() + static_cast<std::ptrdiff_t>(index);
    return static_cast<std::size_t>(std::count_if(
        stream_.files.begin(), end, [&](const auto& f) { return f.table == stream_.files[index].table; }));
  }

  // In the ledger's order, which must be that of each table's files, and of the names of change files.
  void apply_to(ApplyOracle& oracle) {
    std::vector<std::size_t> last(stream_.tables.size(), 0);
    std::string last_name;
    for (const auto& row :
         sql_.rows("SELECT delivery_id, object_key FROM loader_deliveries WHERE delivery_id > (SELECT "
                   "coalesce(max(delivery_id), 0) FROM oracle.deliveries) ORDER BY 1")) {
      const auto found = std::find_if(stream_.files.begin(), stream_.files.end(),
                                      [&](const auto& file) { return file.object_key == row[1]; });
      ASSERT_NE(found, stream_.files.end());
      const auto index = static_cast<std::size_t>(found - stream_.files.begin());
      EXPECT_GE(index + 1, last[found->table]) << found->object_key;
      last[found->table] = index + 1;
      const auto name = found->object_key.substr(found->object_key.rfind('/') + 1);
      if (!name.starts_with("LOAD")) {
        EXPECT_GE(name, last_name) << found->object_key;
        last_name = name;
      }
      oracle.apply(*found, std::stoull(row[0].value()));
    }
  }

  std::uint32_t seed_;
  RandomStream stream_;
  Bucket bucket_;
  TestDatabase database_;
  Database sql_;
};

void check_streams(unsigned lane) {
  const auto count = setting("PEO_ORACLE_SEEDS", 8);
  const auto first = setting("PEO_ORACLE_FIRST_SEED", 1);
  for (unsigned i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    const auto seed = first + lane * count + i;
    SCOPED_TRACE(fmt::format("PEO_ORACLE_FIRST_SEED={}", seed));
    Stream(seed).check();
  }
}

// Four, so that they can run side by side.
TEST(ApplyOracleTest, StreamsA) { check_streams(0); }
TEST(ApplyOracleTest, StreamsB) { check_streams(1); }
TEST(ApplyOracleTest, StreamsC) { check_streams(2); }
TEST(ApplyOracleTest, StreamsD) { check_streams(3); }

}  // namespace
}  // namespace peo::test
