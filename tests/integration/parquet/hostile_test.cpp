// Parquet files that nobody meant: each is an error of that file, whatever it does to the process that reads
// it, and the next file is read as ever.
#include <array>
#include <random>

#include "base/byte_stream.hpp"
#include "base/error.hpp"
#include "decode/parquet/reader.hpp"
#include "fixture.hpp"
#include "support/small_disk.hpp"

namespace peo::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class Bytes final : public ByteStream {
 public:
  explicit Bytes(const std::string& bytes) : left_(bytes) {}
  std::size_t read(std::span<char> buffer) override {
    const auto size = std::min(buffer.size(), left_.size());
    std::copy_n(left_.data(), size, buffer.data());
    left_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view left_;
};

class HostileParquet : public ::testing::Test {
 protected:
  void SetUp() override {
    if (duckdb_library().empty()) GTEST_SKIP() << "there is no DuckDB library; scripts/install parquet";
  }
  parquet::ParquetOptions options() const {
    parquet::ParquetOptions options;
    options.library = duckdb_library();
    options.directory = directory_.path();
    options.program = program();
    return options;
  }
  // Its text; of a refused file the error.
  static std::string read(parquet::ParquetReader& reader, const std::string& bytes) {
    try {
      Bytes object(bytes);
      parquet::ParquetStream stream(reader, object, bytes.size());
      std::string text;
      std::array<char, 4096> buffer{};
      while (const auto got = stream.read(buffer)) {
        if (text.size() < 1'000'000) text.append(buffer.data(), got);
      }
      return text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadDelivery) << error.describe();
      return "refused: " + error.describe();
    }
  }

  TempDir directory_;
  Cancellation stop_;
};

const char* const rows =
    "SELECT i AS id, 'name ' || i % 7 AS name, i * 1.5::decimal(9, 2) AS price, timestamp '2020-01-01' + "
    "INTERVAL (i) "
    "second AS at, i % 3 = 0 AS flag, '\\xAB'::blob AS bytes FROM range(500) t(i)";

TEST_F(HostileParquet, TruncatedAnywhere) {
  parquet::ParquetReader reader(options(), stop_);
  const auto whole = parquet_bytes(rows);
  const auto text = read(reader, whole);
  ASSERT_THAT(text, HasSubstr("id,name,price,at,flag,bytes\n0,name 0,0.00,2020-01-01 00:00:00,true,AB\n"));
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 8) {
    EXPECT_THAT(read(reader, whole.substr(0, size)), HasSubstr("refused: ")) << size;
  }
  EXPECT_EQ(read(reader, whole), text);
}

TEST_F(HostileParquet, FlippedBits) {
  parquet::ParquetReader reader(options(), stop_);
  std::minstd_rand random(1 + static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed()));
  for (const auto* how : {"COMPRESSION uncompressed", "COMPRESSION snappy, PARQUET_VERSION V2"}) {
    const auto whole = parquet_bytes(rows, how);
    for (int i = 0; i < 50; ++i) {
      auto bad = whole;
      // Half of them in the footer.
      const auto from = i % 2 == 0 ? bad.size() - std::min<std::size_t>(bad.size(), 1200) : 0;
      for (int flips = 0; flips < 1 + i % 4; ++flips)
        bad[from + random() % (bad.size() - from)] ^= static_cast<char>(1U << (random() % 8));
      read(reader, bad);
    }
    EXPECT_THAT(read(reader, whole), HasSubstr("499,name 2,"));
  }
}

TEST_F(HostileParquet, OneThatIsTooLarge) {
  auto small = options();
  small.max_bytes = 100;
  parquet::ParquetReader reader(small, stop_);
  EXPECT_THAT(read(reader, parquet_bytes(rows)), HasSubstr("MAX_PARQUET_BYTES"));
}

// A few hundred bytes per billion rows: the loader's limit on growth ends it, the reader's memory doesn't
// grow.
TEST_F(HostileParquet, ABomb) {
  auto small = options();
  small.memory_bytes = std::uint64_t{32} << 20U;
  parquet::ParquetReader reader(small, stop_);
  const auto text =
      read(reader, parquet_bytes("SELECT repeat('x', 50000000) AS v FROM range(4)", "COMPRESSION zstd"));
  EXPECT_THAT(text, AnyOf(HasSubstr("PARQUET_MEMORY_BYTES"), HasSubstr("was terminated by signal")));
  EXPECT_THAT(read(reader, parquet_bytes("SELECT 1 AS id")), "id\n1\n");
}

// No fault of the file: it is neither quarantined nor held, but read again.
TEST_F(HostileParquet, TheDiskIsFull) {
  const SmallDisk disk(directory_.path());
  if (!disk) GTEST_SKIP() << "a small disk can't be mounted here";
  auto small = options();
  small.directory = disk.path();
  disk.fill();
  parquet::ParquetReader reader(small, stop_);
  const auto bytes = parquet_bytes("SELECT repeat('x', 200000) AS v", "COMPRESSION uncompressed");
  try {
    Bytes object(bytes);
    parquet::ParquetStream stream(reader, object, bytes.size());
    std::array<char, 4096> buffer{};
    stream.read(buffer);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::LocalIo) << error.describe();
    EXPECT_THAT(error.describe(), HasSubstr("No space left on device"));
    EXPECT_THAT(error.describe(), HasSubstr("DATA_DIR"));
  }
  disk.empty();
  EXPECT_THAT(read(reader, bytes), HasSubstr("v\nxxx"));
}

TEST_F(HostileParquet, AProcessThatDies) {
  auto other = options();
  other.program = "/bin/true";
  parquet::ParquetReader reader(other, stop_);
  EXPECT_THAT(read(reader, parquet_bytes("SELECT 1 AS id")), HasSubstr("exited with status 0"));
}

TEST_F(HostileParquet, AProcessThatHangs) {
  const auto script = directory_ / "hangs";
  {
    std::ofstream file(script);
    file << "#!/bin/sh\nexec sleep 600\n";
  }
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  auto other = options();
  other.program = script.string();
  other.timeout = std::chrono::seconds(1);
  parquet::ParquetReader reader(other, stop_);
  EXPECT_THAT(read(reader, parquet_bytes("SELECT 1 AS id")), HasSubstr("returned no data for 1 seconds"));
}

TEST_F(HostileParquet, NoLibrary) {
  auto other = options();
  other.library = program();  // a file, but not DuckDB
  parquet::ParquetReader reader(other, stop_);
  try {
    reader.version();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
    EXPECT_THAT(error.describe(), HasSubstr("can't load DuckDB's library"));
  }
}

}  // namespace
}  // namespace peo::test
