// A source that is far away: each request waits for the network, so that many of them are under way at once.
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
  // As `open`, but ends at range.end. Any thread, several at a time. With `*given_up` true, opening and
  // reading end within a second, by an error.
  virtual std::unique_ptr<ByteStream> open_range(const ObjectInfo& object, ByteRange range,
                                                 const std::atomic<bool>* given_up) = 0;
  // As `list`; the same holds.
  virtual ListPage list_page(const ListRequest& request, const std::atomic<bool>* given_up) = 0;
};

}  // namespace peo::source
