// The answer to ListObjectsV2: XML into plain values. Servers differ, so nothing is assumed that the
// protocol doesn't promise; what can't be trusted is an error, never a shorter list.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/object.hpp"

namespace peo::source::s3 {

struct Listing {
  std::vector<ObjectInfo> objects;  // keys as they are in the bucket
  std::vector<std::string> folders;
  std::string next;  // the continuation token; "" when there is no more
};

// `server` is for messages. Throws Retry for a listing that was cut, Error::configuration for what no S3
// server says. An error document must have been looked for before.
Listing parse_listing(std::string_view xml, const std::string& server);

// "2009-10-12T17:50:30.000Z", with any number of decimals or none.
std::optional<Time> parse_time(std::string_view text);

// `+` is a blank, %XX a byte: what encoding-type=url makes of a key.
std::string url_decoded(std::string_view text);

}  // namespace peo::source::s3
