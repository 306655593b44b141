// expected.json: the options of a sample and the expected contents of its tables. Only read and written here.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sample/checksum.hpp"
#include "sample/sample.hpp"
#include "sample/tables.hpp"
#include "sample/written_files.hpp"

namespace peo::sample {

struct TableContent {
  std::uint64_t rows = 0;
  Checksum checksum{};
};

struct ExpectedTable {
  TableContent after_full_load{}, at_end{};
};

// The options as text: two samples are the same if these are equal.
std::string options_text(const SampleOptions& options);
// For an error: "orders 400, seed 7", the options in `its` that differ from `wanted`.
std::string differences(const std::string& its, const std::string& wanted);

std::string expected_text(const SampleOptions& options, const std::array<ExpectedTable, 3>& tables,
                          const WrittenFiles& files);

// What expected.json says about the sample in its directory.
struct ExistingSample {
  std::string options;    // as options_text
  bool complete = false;  // every file exists and has its size
  SampleSummary summary{};
};
// None: there is no such file. Throws Error::configuration if it isn't that of a sample.
std::optional<ExistingSample> read_expected(const std::filesystem::path& directory);

}  // namespace peo::sample
