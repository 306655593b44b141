#include "decode/inflate_limit.hpp"

#include <fmt/format.h>

#include <ctime>

#include "base/error.hpp"

namespace peo::decode {

std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::size_t InflateLimit::read(std::span<char> buffer) {
  const auto began = clock_();
  const auto got = decompressor_.read(buffer);
  taken_ += clock_() - began;
  bytes_out_ += got;
  look();
  return got;
}

void InflateLimit::look() const {
  constexpr std::uint64_t looked_at_from = std::uint64_t{64} * 1024 * 1024;
  const auto bytes_in = decompressor_.bytes_in();
  const auto refuse = [&](const std::string& why, const char* setting) {
    throw Error::bad_delivery(
        fmt::format("{} bytes of the object have grown to {}, {}", bytes_in, bytes_out_, why),
        fmt::format("Look at what wrote it; if it is right, raise {}. Nothing of it was loaded.", setting))
        .at(Step::Decompress);
  };
  if (limits_.ratio != 0 && bytes_out_ > looked_at_from && bytes_out_ / limits_.ratio > bytes_in)
    refuse(fmt::format("more than {} times as many", limits_.ratio), "MAX_INFLATE_RATIO");
  if (limits_.time.count() != 0 && taken_ > limits_.time) {
    const auto seconds = std::chrono::duration<double>(limits_.time).count();
    refuse(fmt::format("and have taken a processor for more than {:g} seconds", seconds), "MAX_INFLATE_TIME");
  }
}

}  // namespace peo::decode
