#include <zlib.h>

#include <optional>

#include "base/error.hpp"
#include "decode/decompress.hpp"
#include "fuzz/targets.hpp"
#include "support/pieces.hpp"

namespace peo::fuzz {
namespace {

constexpr std::size_t enough = std::size_t{128} * 1024;  // a bomb isn't blown up to its end

std::optional<std::string> ours(std::string_view input, std::size_t piece) {
  test::Pieces stream(input, piece);
  decode::Decompressor decompressor(stream);
  std::string out;
  char buffer[4096];
  try {
    while (const auto got = decompressor.read(buffer)) {
      out.append(buffer, got);
      if (out.size() > enough) return out.substr(0, enough);
    }
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::BadDelivery, "refused as something else than a bad delivery");
    return std::nullopt;
  }
  return out;
}

// One member after the other, then zeros or nothing, as RFC 1952 has it.
std::optional<std::string> zlibs(std::string_view input) {
  std::string out;
  while (true) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    int result = Z_OK;
    while (result == Z_OK && out.size() <= enough) {
      char buffer[4096];
      stream.next_out = reinterpret_cast<Bytef*>(buffer);
      stream.avail_out = sizeof buffer;
      result = inflate(&stream, Z_NO_FLUSH);
      out.append(buffer, sizeof buffer - stream.avail_out);
    }
    input.remove_prefix(input.size() - stream.avail_in);
    inflateEnd(&stream);
    if (out.size() > enough) return out.substr(0, enough);
    if (result != Z_STREAM_END) return std::nullopt;
    if (input.find_first_not_of('\0') == std::string_view::npos) return out;
  }
}

}  // namespace

void gzip(std::string_view input) {
  const auto whole = ours(input, input.size() + 1);
  const auto cut = ours(input, 1);
  if (input.size() < 2 || input[0] != '\x1f' || input[1] != '\x8b') {  // plain bytes
    require(whole == input.substr(0, enough) && cut == whole, "plain bytes were changed");
    return;
  }
  const auto theirs = zlibs(input);
  // Damage is seen some bytes sooner or later: where the limit comes first, there is nothing to compare.
  const auto is_long = [](const auto& bytes) { return bytes && bytes->size() == enough; };
  if (is_long(whole) || is_long(cut) || is_long(theirs)) return;
  require(cut == whole, "cut into bytes it is something else");
  require(whole.has_value() == theirs.has_value(),
          whole ? "zlib refuses what was accepted" : "zlib accepts what was refused");
  require(whole == theirs, "zlib gives other bytes");
}

}  // namespace peo::fuzz
