#include "loader/manifest_check.hpp"

#include <fmt/format.h>

#include <span>
#include <string>

#include "base/error.hpp"
#include "decode/manifest.hpp"
#include "source/object_reader.hpp"

namespace peo::loader {

void check_manifest(source::Source& source, const ObjectInfo& manifest, std::uint64_t rows,
                    const Cancellation& stop) {
  constexpr std::size_t most_bytes = std::size_t{1024} * 1024;
  const auto key = source.full_key(manifest.key);
  const char* const hint =
      "Compare both with the source. What is right may be written again; without the .dfm the "
      "rows are not counted.";
  // Before memory is allocated by a size that the bucket states.
  if (manifest.size > most_bytes) {
    throw Error::bad_file(
        fmt::format("{} beside it has {} bytes; no .dfm is so large", shortened(key, 200), manifest.size),
        hint)
        .at(Step::Parse);
  }
  std::string text(manifest.size, '\0');
  source::ObjectReader fetch(source, manifest, stop);
  std::size_t used = 0;
  while (const auto got = fetch.read(std::span(text).subspan(used))) used += got;
  const auto expected = decode::record_count(text);
  // A manifest without a count proves nothing.
  if (!expected || *expected == rows) return;
  throw Error::bad_file(fmt::format("{} rows were read, and {} beside it says that there are {}", rows,
                                    shortened(key, 200), *expected),
                        hint)
      .at(Step::Parse);
}

}  // namespace peo::loader
