#include "base/error.hpp"
#include "fuzz/targets.hpp"
#include "source/s3/list_objects.hpp"

namespace peo::fuzz {

void listing(std::string_view input) {
  (void)source::s3::parse_time(input);
  require(source::s3::url_decoded(input).size() <= input.size(), "a decoded key is longer than its code");
  try {
    const auto listing = source::s3::parse_listing(input, "server");
    for (const auto& object : listing.objects) require(!object.key.empty(), "an object without a key");
  } catch (const Error& error) {
    require(!error.describe().empty(), "an error without a text");
  }
}

}  // namespace peo::fuzz
