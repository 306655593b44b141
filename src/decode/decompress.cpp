#include "decode/decompress.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/error.hpp"

namespace peo::decode {
namespace {

constexpr std::size_t input_size = std::size_t{64} * 1024;

Error cut() {
  return Error::bad_delivery("the gzip data ends in the middle: the object is cut",
                             "Write the object again; nothing of it was loaded.")
      .at(Step::Decompress);
}

}  // namespace

struct Decompressor::Inner {
  enum class Form { Unknown, Plain, Gzip };

  explicit Inner(ByteStream& stream) : compressed(stream) {}
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;
  ~Inner() {
    if (form == Form::Gzip) inflateEnd(&zlib);
  }

  ByteStream& compressed;
  Form form = Form::Unknown;
  bool in_member = false;  // between a member's first byte and its trailer
  bool at_end = false;     // of the input
  z_stream zlib{};
  std::array<char, input_size> input{};
  std::size_t begin = 0, end = 0;  // of the input not yet used
  std::uint64_t bytes_in = 0;

  // Makes sure of at least `wanted` bytes of input (few, for the magic bytes), unless the input is at its
  // end.
  void fill(std::size_t wanted) {
    if (end - begin >= wanted || at_end) return;
    std::memmove(input.data(), input.data() + begin, end - begin);
    end -= begin;
    begin = 0;
    while (end < wanted && !at_end) {
      const auto got = compressed.read({input.data() + end, input.size() - end});
      at_end = got == 0;
      end += got;
      bytes_in += got;
    }
  }

  static bool is_magic(const char* bytes) {
    return static_cast<unsigned char>(bytes[0]) == 0x1f && static_cast<unsigned char>(bytes[1]) == 0x8b;
  }

  void find_form() {
    fill(2);
    if (end - begin >= 2 && is_magic(input.data() + begin)) {
      // 15 + 16: the largest window, a gzip wrapper.
      if (inflateInit2(&zlib, 15 + 16) != Z_OK) throw Error::internal("zlib could not start");
      form = Form::Gzip;
      in_member = true;
    } else {
      form = Form::Plain;
    }
  }

  std::size_t read_plain(std::span<char> buffer) {
    fill(1);
    const auto size = std::min(buffer.size(), end - begin);
    std::memcpy(buffer.data(), input.data() + begin, size);
    begin += size;
    return size;
  }

  // After a member: another one, the end, or padding up to the end. False at the end.
  bool next_member() {
    fill(2);
    if (begin == end) return false;
    if (end - begin >= 2 && is_magic(input.data() + begin)) {
      inflateReset(&zlib);
      in_member = true;
      return true;
    }
    while (begin != end) {
      if (std::any_of(input.data() + begin, input.data() + end, [](char c) { return c != '\0'; })) {
        throw Error::bad_delivery("bytes that are not gzip follow the compressed data",
                                  "Write the object again; nothing of it was loaded.")
            .at(Step::Decompress);
      }
      begin = end;
      fill(1);
    }
    return false;
  }

  std::size_t read_gzip(std::span<char> buffer) {
    const auto room =
        static_cast<uInt>(std::min<std::size_t>(buffer.size(), std::numeric_limits<uInt>::max()));
    zlib.next_out = reinterpret_cast<Bytef*>(buffer.data());
    zlib.avail_out = room;
    while (zlib.avail_out == room) {
      if (!in_member && !next_member()) return 0;
      fill(1);
      if (begin == end) throw cut();
      zlib.next_in = reinterpret_cast<Bytef*>(input.data() + begin);
      zlib.avail_in = static_cast<uInt>(end - begin);
      const int code = inflate(&zlib, Z_NO_FLUSH);
      begin = end - zlib.avail_in;
      if (code == Z_STREAM_END) {
        in_member = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        throw Error::bad_delivery(
            std::string("the gzip data is damaged (") + (zlib.msg != nullptr ? zlib.msg : "unknown") + ")",
            "Write the object again; nothing of it was loaded.")
            .at(Step::Decompress);
      }
    }
    return room - zlib.avail_out;
  }
};

Decompressor::Decompressor(ByteStream& compressed) : inner_(std::make_unique<Inner>(compressed)) {}
Decompressor::~Decompressor() = default;

std::size_t Decompressor::read(std::span<char> buffer) {
  if (inner_->form == Inner::Form::Unknown) inner_->find_form();
  return inner_->form == Inner::Form::Plain ? inner_->read_plain(buffer) : inner_->read_gzip(buffer);
}

std::uint64_t Decompressor::bytes_in() const { return inner_->bytes_in; }

}  // namespace peo::decode
