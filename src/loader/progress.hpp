// Logs "Delivery 26: processed 40000/~159967..." about every three seconds at most, so short deliveries have
// no such line. On a terminal, it shows a progress bar instead. The total is estimated from the share of the
// object's bytes that were read, hence the "~". One thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace peo::loader {

class Progress {
 public:
  Progress(std::uint64_t delivery_id, std::uint64_t object_bytes)
      : delivery_id_(delivery_id), object_bytes_(object_bytes) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  // `rows` so far, read from the first `fetched` bytes of the object.
  void at(std::uint64_t rows, std::uint64_t fetched);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(std::uint64_t rows, std::uint64_t total, double share, Clock::time_point now) const;

  std::uint64_t delivery_id_, object_bytes_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point shown_ = began_;
  bool drawn_ = false;
};

// "[########----------------]" for 1/3.
std::string progress_bar(double share);

}  // namespace peo::loader
