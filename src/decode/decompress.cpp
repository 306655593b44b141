#include "decode/decompress.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.hpp"

namespace peo::decode {
namespace {

constexpr std::size_t input_size = std::size_t{64} * 1024;

Error damaged(const char* how) {
  return Error::bad_file(std::string("corrupt gzip data (") + how + ")",
                         "Write the object again; nothing of it was loaded.")
      .at(Step::Decompress);
}

const char* reason_of(int code) {
  switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
      return "wrong checksum or length";
    case ISAL_INVALID_LOOKBACK:
      return "a back-reference is out of range";
    case ISAL_INVALID_SYMBOL:
      return "an invalid symbol";
    default:
      return "an invalid block";
  }
}

Error cut() {
  return Error::bad_file("truncated gzip data", "Write the object again; nothing from it was loaded.")
      .at(Step::Decompress);
}

}  // namespace

struct Decompressor::Inner {
  enum class Form { Unknown, Plain, Gzip };

  // The buffers aren't initialized, since a tiny file uses little of them.
  explicit Inner(ByteStream& stream)  // NOLINT(cppcoreguidelines-pro-type-member-init)
      : compressed(stream) {}

  ByteStream& compressed;
  Form form = Form::Unknown;
  bool in_member = false;  // between a member's first byte and its trailer
  bool at_end = false;     // of the input
  inflate_state inflate;   // begin_member() initializes it
  std::array<char, input_size> input;
  std::size_t begin = 0, end = 0;  // of the unread input
  std::uint64_t bytes_in = 0;
  std::uint32_t header_crc = 0;  // of the member's header so far

  // Reads until at least `wanted` bytes of input are available (few, for the magic bytes), or the input ends.
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
      form = Form::Gzip;
      begin_member();
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

  std::uint8_t byte() {
    fill(1);
    if (begin == end) throw cut();
    const auto value = static_cast<unsigned char>(input[begin++]);
    header_crc = crc32_gzip_refl(header_crc, &value, 1);
    return value;
  }
  void skip_text() {  // up to its terminating NUL
    while (byte() != 0) {
    }
  }

  // Parses a member's header (RFC 1952, 2.3), because isa-l 2.30 loses its position when a header is split
  // (intel/isa-l issue 224).
  void begin_member() {
    enum Flag : std::uint8_t { HeaderCrc = 2, Extra = 4, Name = 8, Comment = 16, Reserved = 0xE0 };
    header_crc = 0;
    byte();  // the magic bytes, which were already checked
    byte();
    if (byte() != 8) throw damaged("an unknown compression method");
    const auto flags = byte();
    if ((flags & Flag::Reserved) != 0) throw damaged("unknown flags in the header");
    for (int i = 0; i < 6; ++i) byte();  // the time, the compressor's flags, the system
    if ((flags & Flag::Extra) != 0) {
      const std::uint32_t low = byte();
      for (std::uint32_t left = low + 256U * byte(); left != 0; --left) byte();
    }
    if ((flags & Flag::Name) != 0) skip_text();
    if ((flags & Flag::Comment) != 0) skip_text();
    if ((flags & Flag::HeaderCrc) != 0) {
      const auto expected = header_crc & 0xFFFFU;
      const std::uint32_t low = byte();
      if (low + 256U * byte() != expected) throw damaged("the header checksum is wrong");
    }
    isal_inflate_init(&inflate);
    inflate.crc_flag = ISAL_GZIP_NO_HDR_VER;  // isa-l checks the trailer
    in_member = true;
  }

  // After a member: another one, the end, or padding up to the end. False at the end.
  bool next_member() {
    fill(2);
    if (begin == end) return false;
    if (end - begin >= 2 && is_magic(input.data() + begin)) {
      begin_member();
      return true;
    }
    while (begin != end) {
      if (std::any_of(input.data() + begin, input.data() + end, [](char c) { return c != '\0'; })) {
        throw Error::bad_file("bytes that are not gzip follow the compressed data",
                              "Write the object again; nothing from it was loaded.")
            .at(Step::Decompress);
      }
      begin = end;
      fill(1);
    }
    return false;
  }

  std::size_t read_gzip(std::span<char> buffer) {
    const auto room = static_cast<std::uint32_t>(
        std::min<std::size_t>(buffer.size(), std::numeric_limits<std::uint32_t>::max()));
    inflate.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    inflate.avail_out = room;
    while (inflate.avail_out == room) {
      if (!in_member) {
        if (!next_member()) return 0;
        inflate.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
        inflate.avail_out = room;
      }
      fill(1);
      inflate.next_in = reinterpret_cast<std::uint8_t*>(input.data() + begin);
      inflate.avail_in = static_cast<std::uint32_t>(end - begin);
      const int code = isal_inflate(&inflate);
      begin = end - inflate.avail_in;
      if (code < 0) throw damaged(reason_of(code));
      in_member = inflate.block_state != ISAL_BLOCK_FINISH;
      // Without input it may still return buffered output; when there is none left, the data is truncated.
      if (in_member && at_end && begin == end && inflate.avail_out == room) throw cut();
    }
    return room - inflate.avail_out;
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
