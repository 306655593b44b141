// expected.json: what a sample was made of and what must come of it. Read and written here only.
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

// The options as text: two samples are the same when these are.
std::string options_text(const SampleOptions& options);
// For an error: "orders 400, seed 7", those of `its` options that are others than in `wanted`.
std::string differences(const std::string& its, const std::string& wanted);

std::string expected_text(const SampleOptions& options, const std::array<ExpectedTable, 3>& tables,
                          const WrittenFiles& files);

// What an expected.json says of the sample beside it.
struct SampleThere {
  std::string options;    // as options_text
  bool complete = false;  // every file is there with its size
  SampleSummary summary{};
};
// None: there is no such file. Throws Error::configuration when it isn't one of ours.
std::optional<SampleThere> read_expected(const std::filesystem::path& directory);

}  // namespace peo::sample
