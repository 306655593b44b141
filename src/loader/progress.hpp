// "Delivery 26: processed 40000/~159967...": at most about every three seconds, so short deliveries say
// nothing. The total is estimated from the share of the object's bytes that were read, and marked so.
#pragma once
#include <chrono>
#include <cstdint>

namespace peo::loader {

class Progress {
 public:
  Progress(std::uint64_t delivery_id, std::uint64_t object_bytes)
      : delivery_id_(delivery_id), object_bytes_(object_bytes) {}

  // `rows` so far, read from the first `fetched` bytes of the object.
  void at(std::uint64_t rows, std::uint64_t fetched);

 private:
  std::uint64_t delivery_id_, object_bytes_;
  std::chrono::steady_clock::time_point said_ = std::chrono::steady_clock::now();
};

}  // namespace peo::loader
