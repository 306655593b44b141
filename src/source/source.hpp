// Source hides the S3 bucket (or a folder of the same layout): it lists and it reads, nothing else.
//
// Keys are relative to bucket_path and sorted by their bytes, as S3 sorts them (a folder "a/" stands as the
// key part "a/"). A page holds at most 1,000 entries, so memory does not grow with the bucket; it may hold
// none and still have a `next`. Markers of empty folders ("a/", no bytes) are no objects. Errors: Retry for
// what may pass (connection, 5xx, SlowDown), Fatal for configuration (no such bucket: 78) and permission
// (403: 77). One thread lists at a time; `open` may be called from another thread than `list`, and the
// streams it gives are read each by one thread.
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
  std::string prefix{};    // relative to bucket_path; "" is everything
  bool by_folder = false;  // with the delimiter "/": what lies below a folder comes as one entry of `folders`
  std::string start_after{};   // only keys after this one; "" from the start. By folder, servers differ in
                               // whether the folder that this key lies in comes once more
  std::string continuation{};  // what the page before gave as `next`; "" for the first page
  friend bool operator==(const ListRequest&, const ListRequest&) = default;
};

struct ListPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> folders;  // with their closing "/", relative to bucket_path
  std::string next;                  // "" when this was the last page
};

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // For logs and errors: "s3://bucket/data at https://…" or "folder /…". No secrets.
  virtual std::string describe() const = 0;

  // The key as users know it, with bucket_path in front: "data/dbo/orders/LOAD00000001.csv.gz".
  virtual std::string full_key(const std::string& key) const = 0;

  virtual ListPage list(const ListRequest& request) = 0;

  // Bytes of the object from `offset` on, only if it still has the ETag it was listed with (If-Match).
  // Changed or gone since: Retry, so that the next poll looks again. The stream ends early only by an error.
  virtual std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) = 0;

  // These will be opened next, in this order: a source that is far away fetches them ahead.
  virtual void expect(const std::vector<ObjectInfo>& /*objects*/) {}
  // The same of first pages: it lists them at once.
  virtual void expect_pages(const std::vector<ListRequest>& /*requests*/) {}
};

}  // namespace peo::source
