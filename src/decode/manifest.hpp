// What Qlik Replicate writes beside a data file: X.dfm, a JSON document about X.csv. Its one use here: how
// many rows the file has, which AWS DMS says nowhere. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace peo::decode {

// fileInfo.recordCount; nothing: it says none. Throws BadDelivery for what is no JSON.
std::optional<std::uint64_t> record_count(std::string_view manifest);

}  // namespace peo::decode
