// A gzip bomb: refused early, in the memory that any object takes.
#include "decode/inflate_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/error.hpp"
#include "decode/decompress.hpp"
#include "support/temp_dir.hpp"

namespace peo::decode {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t MiB = 1024 * 1024;

// Gzip members of zeros, one after the other, as many MiB as said: nobody holds the whole.
class Bomb final : public ByteStream {
 public:
  explicit Bomb(std::uint64_t mebibytes) : left_(mebibytes) {}
  std::size_t read(std::span<char> buffer) override {
    if (at_ == member_.size()) {
      if (left_ == 0) return 0;
      --left_;
      at_ = 0;
    }
    const auto size = std::min(buffer.size(), member_.size() - at_);
    std::copy_n(member_.data() + at_, size, buffer.data());
    at_ += size;
    handed_out_ += size;
    return size;
  }
  std::uint64_t handed_out() const { return handed_out_; }

 private:
  const std::string member_ = test::gzipped(std::string(MiB, '\0'), 9);
  std::size_t at_ = member_.size();
  std::uint64_t left_, handed_out_ = 0;
};

// The most memory that the process has had, from here on.
class MemoryPeak {
 public:
  MemoryPeak() {
    std::ofstream("/proc/self/clear_refs") << "5";
    before_ = peak();
  }
  std::uint64_t grown() const { return peak() - before_; }

 private:
  static std::uint64_t peak() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      if (word != "VmHWM:") continue;
      std::uint64_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
    return 0;
  }
  std::uint64_t before_ = 0;
};

struct Inflated {
  std::uint64_t bytes = 0;
  std::string refusal;
};
Inflated read(ByteStream& bytes, std::uint64_t ratio) {
  Decompressor decompressor(bytes);
  InflateLimit plain(decompressor, ratio);
  std::string buffer(64 * 1024, '\0');
  Inflated result;
  try {
    while (const auto got = plain.read(buffer)) result.bytes += got;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadDelivery);
    result.refusal = error.describe();
  }
  return result;
}

TEST(InflateLimit, ABombIsRefusedInBoundedMemory) {
  Bomb bomb(1024);
  const MemoryPeak memory;
  const auto result = read(bomb, 500);
  EXPECT_THAT(result.refusal, AllOf(HasSubstr("a ratio of more than 500"), HasSubstr("MAX_INFLATE_RATIO")));
  EXPECT_LE(result.bytes, 65 * MiB);
  EXPECT_LE(bomb.handed_out(), MiB);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(memory.grown(), 16 * MiB);
#endif
}

TEST(InflateLimit, AllowedItIsReadInBoundedMemoryToo) {
  Bomb bomb(256);
  const MemoryPeak memory;
  const auto result = read(bomb, 0);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.bytes, 256 * MiB);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(memory.grown(), 16 * MiB);
#endif
}

}  // namespace
}  // namespace peo::decode
