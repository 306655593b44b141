// Metadata files of Qlik Replicate: X.dfm, a JSON document about X.csv. Used for the number of rows in the
// file, which AWS DMS doesn't provide. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace peo::decode {

// fileInfo.recordCount; nothing if it is missing. Throws BadDelivery for invalid JSON.
std::optional<std::uint64_t> record_count(std::string_view manifest);

}  // namespace peo::decode
