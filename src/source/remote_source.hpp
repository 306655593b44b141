// A source across a network: requests have latency, so many of them run concurrently.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "source/source.hpp"

namespace peo::source {

// The bytes [begin, end) of an object.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class RemoteSource : public Source {
 public:
  // Like `open`, but ends at range.end. Any thread, several at a time. Once `*given_up` is true, opening and
  // reading fail within a second.
  virtual std::unique_ptr<ByteStream> open_range(const ObjectInfo& object, ByteRange range,
                                                 const std::atomic<bool>* given_up) = 0;
  // Like `list`; the same applies.
  virtual ListPage list_page(const ListRequest& request, const std::atomic<bool>* given_up) = 0;
};

}  // namespace peo::source
