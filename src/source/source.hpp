// Source hides the S3 bucket (or a directory with the same layout): it lists and reads objects, nothing else.
//
// Keys are relative to bucket_path and sorted by their bytes, as in S3 (a directory "a" sorts as "a/"). A
// page has at most 1,000 entries, so memory does not grow with the bucket; a page may be empty and still have
// a `next`. Folder markers ("a/", no bytes) aren't returned. Errors: Retry if transient (connection, 5xx,
// SlowDown), Fatal for configuration (no such bucket: 78) and permission (403: 77). One thread lists at a
// time; `open` may be called from another thread than `list`, and each stream is read by one thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/object.hpp"

namespace peo::source {

struct ListRequest {
  std::string prefix{};        // relative to bucket_path; "" is everything
  bool delimited = false;      // with the delimiter "/": `prefixes` has the common prefixes
  std::string start_after{};   // only keys after this one; "" from the beginning. With a delimiter, servers
                               // differ in whether they return the common prefix of this key again
  std::string continuation{};  // `next` of the previous page; "" for the first page
  friend bool operator==(const ListRequest&, const ListRequest&) = default;
};

struct ListPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> prefixes;  // common prefixes, which end with "/", relative to bucket_path
  std::string next;                   // "" when this was the last page
};

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // For logs and errors: "s3://bucket/data at https://…" or "directory /…". No secrets.
  virtual std::string describe() const = 0;

  // The key as users know it, including bucket_path: "data/dbo/orders/LOAD00000001.csv.gz".
  virtual std::string full_key(const std::string& key) const = 0;

  virtual ListPage list(const ListRequest& request) = 0;

  // The bytes of the object from `offset` on, only if it still has the ETag it was listed with (If-Match). If
  // it was changed or deleted since: Retry, so that the next poll lists it again. The stream never ends early
  // without an error.
  virtual std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) = 0;

  // These will be opened next, in this order: a remote source prefetches them.
  virtual void expect(const std::vector<ObjectInfo>& /*objects*/) {}
  // Likewise for the first pages of listings, which are then requested concurrently.
  virtual void expect_pages(const std::vector<ListRequest>& /*requests*/) {}
};

}  // namespace peo::source
