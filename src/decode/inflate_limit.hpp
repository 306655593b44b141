// Between decompress and parse: a gzip object that grows beyond all measure, or takes a processor for too
// long, is refused.
//
// Memory is bounded without it; a bomb costs time. The ratio is looked at from 64 MiB on: a small file of
// equal rows may well shrink to a thousandth. The time is a processor's, not a clock's: a slow source, a slow
// target or a busy machine raise no alarm. BadDelivery.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>

#include "decode/decompress.hpp"

namespace peo::decode {

struct InflateLimits {
  std::uint64_t ratio = 0;           // 0: any
  std::chrono::nanoseconds time{0};  // 0: any
};

// What this thread has taken of a processor so far.
std::chrono::nanoseconds thread_time();

class InflateLimit : public ByteStream {
 public:
  using Clock = std::function<std::chrono::nanoseconds()>;

  // `decompressor` must outlive this.
  InflateLimit(Decompressor& decompressor, InflateLimits limits, Clock clock = thread_time)
      : decompressor_(decompressor), limits_(limits), clock_(std::move(clock)) {}

  std::size_t read(std::span<char> buffer) override;

 private:
  void look() const;

  Decompressor& decompressor_;
  InflateLimits limits_;
  Clock clock_;
  std::uint64_t bytes_out_ = 0;
  std::chrono::nanoseconds taken_{0};
};

}  // namespace peo::decode
