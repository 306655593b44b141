#include "source/s3/list_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <pugixml.hpp>

#include "base/error.hpp"
#include "base/masked.hpp"

namespace peo::source::s3 {
namespace {

[[noreturn]] void refuse(const std::string& server, const std::string& why) {
  throw Error::configuration(fmt::format("{} returned an unusable listing: {}", server, why),
                             "Check that bucket_endpoint is an S3 server that supports ListObjectsV2.");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The element name without a namespace prefix ("s3:Key" is "Key").
std::string_view local_name(const pugi::xml_node& node) {
  const char* name = node.name();
  const char* colon = std::strchr(name, ':');
  return colon == nullptr ? name : colon + 1;
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([name](const pugi::xml_node& node) { return local_name(node) == name; });
}

std::string_view text_of(const pugi::xml_node& parent, std::string_view name) {
  return child(parent, name).text().get();
}

std::string without_quotes(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

bool is_folder_marker(std::string_view key) { return key.ends_with('/') || key.ends_with("_$folder$"); }

ObjectInfo read_object(const pugi::xml_node& node, std::string key, const std::string& server) {
  ObjectInfo object;
  object.key = std::move(key);
  const auto size = text_of(node, "Size");
  const auto [end, failure] = std::from_chars(size.data(), size.data() + size.size(), object.size);
  if (failure != std::errc() || end != size.data() + size.size()) {
    refuse(server, fmt::format("{} has the size \"{}\"", shortened(object.key), shortened(size, 30)));
  }
  object.etag = without_quotes(text_of(node, "ETag"));
  if (object.etag.empty()) refuse(server, shortened(object.key) + " has no ETag");
  const auto time = parse_time(text_of(node, "LastModified"));
  if (!time) {
    refuse(server, fmt::format("{} was last modified at \"{}\"", shortened(object.key),
                               shortened(text_of(node, "LastModified"), 40)));
  }
  object.last_modified = *time;
  return object;
}

// Any text of the document, decoded.
bool repeats_secret(const pugi::xml_node& node, bool encoded, std::span<const std::string> secrets) {
  struct Walker : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& one) override {
      const std::string text = encoded ? url_decoded(one.value()) : std::string(one.value());
      found = holds_secret(text, secrets);
      return !found;
    }
    std::span<const std::string> secrets;
    bool encoded = false;
    bool found = false;
  } walker;
  walker.secrets = secrets;
  walker.encoded = encoded;
  pugi::xml_node(node).traverse(walker);
  return walker.found;
}

// Discover relies on the order. Directory buckets of S3 Express, for example, list in no order.
void demand_order(const Listing& listing, const std::string& server) {
  const auto& objects = listing.objects;
  const auto wrong = std::adjacent_find(objects.begin(), objects.end(),
                                        [](const auto& a, const auto& b) { return a.key >= b.key; });
  if (wrong != objects.end()) {
    refuse(server, fmt::format("{} is not before {}; keys must be in byte order", shortened(wrong->key),
                               shortened(std::next(wrong)->key)));
  }
}

}  // namespace

std::string url_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::optional<Time> parse_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() < form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '0' ? !digit : text[i] != form[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t from, std::size_t count) {
    int value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                        std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                        std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  // PostgreSQL has no year 0.
  if (!day.ok() || number(0, 4) == 0 || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60)
    return std::nullopt;
  Time time = std::chrono::sys_days{day} + std::chrono::hours{number(11, 2)} +
              std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)};
  std::size_t at = form.size();
  if (at < text.size() && text[at] == '.') {
    int unit = 100'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
      time += std::chrono::microseconds{(text[at] - '0') * unit};
    }
  }
  const auto zone = text.substr(at);
  if (!zone.empty() && zone != "Z" && zone != "+00:00") return std::nullopt;
  return time;
}

bool is_bounded_xml(std::string_view xml) {
  // Elements begin with "<", attributes contain "="; a key takes about 20 of them.
  constexpr std::ptrdiff_t most = 200'000;
  return std::count_if(xml.begin(), xml.end(), [](char c) { return c == '<' || c == '='; }) <= most;
}

Listing parse_listing(std::string_view xml, const std::string& server, std::span<const std::string> secrets) {
  constexpr std::size_t most_keys = 1000;
  if (!is_bounded_xml(xml)) refuse(server, "it has more XML elements than a page of 1,000 keys");
  if (holds_secret(xml, secrets)) refuse(server, "it repeats a secret");
  pugi::xml_document document;
  // A key may consist of spaces only: keep such text.
  const auto result =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  const auto root = document.document_element();
  if (!result || local_name(root) != "ListBucketResult") {
    const bool began = xml.find("<ListBucketResult") != std::string_view::npos;
    if (began) throw Error::retry(server + " returned a listing that is truncated or not well-formed");
    refuse(server, fmt::format("it starts with \"{}\"", shortened(xml, 60)));
  }
  const bool encoded = text_of(root, "EncodingType") == "url";
  if (repeats_secret(root, encoded, secrets)) refuse(server, "it repeats a secret");
  Listing listing;
  std::size_t keys = 0;
  const auto key_in = [&](const pugi::xml_node& node, std::string_view name) {
    const auto text = text_of(node, name);
    std::string key = encoded ? url_decoded(text) : std::string(text);
    if (++keys > most_keys) refuse(server, "it has more than 1,000 keys");
    listing.last_key = std::max(listing.last_key, key);
    return key;
  };
  for (const auto& node : root.children()) {
    const auto name = local_name(node);
    if (name == "Contents") {
      auto key = key_in(node, "Key");
      if (key.empty()) refuse(server, "an object has no key");
      if (!is_folder_marker(key)) listing.objects.push_back(read_object(node, std::move(key), server));
    }
    if (name == "CommonPrefixes") listing.prefixes.push_back(key_in(node, "Prefix"));
  }
  demand_order(listing, server);
  if (text_of(root, "IsTruncated") == "true") {
    listing.next = text_of(root, "NextContinuationToken");
    if (listing.next.empty()) {
      refuse(server, "it is marked as truncated but has no continuation token");
    }
  }
  return listing;
}

}  // namespace peo::source::s3
