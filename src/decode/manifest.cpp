#include "decode/manifest.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace peo::decode {

std::optional<std::uint64_t> record_count(std::string_view manifest) {
  const auto document = nlohmann::json::parse(manifest, nullptr, false);
  if (document.is_discarded()) {
    throw Error::bad_file("its .dfm file is not valid JSON",
                          "Write it again, or delete it: then the file's rows are not counted.");
  }
  const nlohmann::json::json_pointer place("/fileInfo/recordCount");
  if (!document.contains(place) || !document.at(place).is_number_unsigned()) return std::nullopt;
  return document.at(place).get<std::uint64_t>();
}

}  // namespace peo::decode
