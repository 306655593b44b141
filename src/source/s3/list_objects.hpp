// The answer to ListObjectsV2: XML into plain values. Servers differ, so nothing is assumed that the
// protocol doesn't promise; what can't be trusted is an error, never a shorter list.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/object.hpp"

namespace peo::source::s3 {

struct Listing {
  std::vector<ObjectInfo> objects;  // keys as they are in the bucket
  std::vector<std::string> folders;
  std::string next;      // the continuation token; "" when there is no more
  std::string last_key;  // the greatest of all, folder markers too
};

// What a page may hold of markup; it has at most 1,000 keys. Parsed, an element takes 20 times its bytes, so
// 8 MiB of nothing but nested elements would take 150 MiB.
bool is_bounded_xml(std::string_view xml);

// `server` is for messages. Throws Retry for a listing that was cut, Error::configuration for what no S3
// server says, and for a listing that repeats one of the `secrets`: keys go to logs and into the ledger. An
// error document must have been looked for before. Markers of folders (keys that end with "/" or "_$folder$")
// are left out; some servers give them neither size nor ETag.
Listing parse_listing(std::string_view xml, const std::string& server,
                      std::span<const std::string> secrets = {});

// "2009-10-12T17:50:30.000Z", with any number of decimals or none.
std::optional<Time> parse_time(std::string_view text);

// `+` is a blank, %XX a byte: what encoding-type=url makes of a key.
std::string url_decoded(std::string_view text);

}  // namespace peo::source::s3
