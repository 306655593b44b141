// The command verify: reads the files of entities again and compares the resulting rows with the tables.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "loader/parse_ahead.hpp"
#include "source/source.hpp"
#include "target/dry_run/verification.hpp"

namespace peo::operate {

struct Verified {
  std::string entity;
  std::uint64_t files = 0, rows = 0;
  target::Difference difference;
  Quarantined quarantined;      // not in the table, and not compared
  bool held = false;            // files wait that are not in the table either
  std::optional<Error> failed;  // why it couldn't be compared
  // Whether the bucket has rows for the table that are not in it, although it may equal its loaded files.
  bool incomplete() const { return quarantined.any() || held; }
};

// Errors of the target's connection are thrown; an Error of an entity is part of its result. `entities`: all,
// if empty; an unknown one is a configuration error.
std::vector<Verified> verify(source::Source& source, target::Verification& verification,
                             const std::vector<std::string>& entities, std::size_t limit,
                             const loader::ReadOptions& read, const Cancellation& stop);

ExitCode exit_code_of(const std::vector<Verified>& results);
std::string verify_text(const std::vector<Verified>& results);
nlohmann::ordered_json verify_json(const std::vector<Verified>& results);

}  // namespace peo::operate
