// Parses the XML response to ListObjectsV2. Servers differ, so nothing is assumed that the API doesn't
// guarantee; anything invalid is an error, never a shorter list.
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
  std::vector<std::string> prefixes;
  std::string next;      // the continuation token; "" on the last page
  std::string last_key;  // the greatest of all, including folder markers
};

// Whether the page has no more markup than 1,000 keys need. A parsed element takes 20 times its bytes, so 8
// MiB of nested elements would take 150 MiB.
bool is_bounded_xml(std::string_view xml);

// `server` is for messages. Throws Retry for a truncated listing, Error::configuration for an invalid one and
// for one that contains one of the `secrets`: keys are written to the log and the ledger. Check for an error
// document first. Folder markers (keys that end with "/" or "_$folder$") are left out; on some servers they
// have neither size nor ETag.
Listing parse_listing(std::string_view xml, const std::string& server,
                      std::span<const std::string> secrets = {});

// "2009-10-12T17:50:30.000Z", with any number of decimals or none.
std::optional<Time> parse_time(std::string_view text);

// Decodes a key that is encoded with encoding-type=url: `+` is a space, %XX a byte.
std::string url_decoded(std::string_view text);

}  // namespace peo::source::s3
