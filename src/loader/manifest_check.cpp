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
      "Compare both with the source and replace the wrong one. Without the .dfm, rows are not counted.";
  // Checked before memory is allocated for a size that the bucket reports.
  if (manifest.size > most_bytes) {
    throw Error::bad_file(
        fmt::format("its manifest {} has {} bytes, too many for a .dfm", shortened(key, 200), manifest.size),
        hint)
        .at(Step::Parse);
  }
  std::string text(manifest.size, '\0');
  source::ObjectReader fetch(source, manifest, stop);
  std::size_t used = 0;
  while (const auto got = fetch.read(std::span(text).subspan(used))) used += got;
  const auto expected = decode::record_count(text);
  // A manifest without a count can't be compared.
  if (!expected || *expected == rows) return;
  throw Error::bad_file(fmt::format("it has {} {}, but its manifest {} specifies {}", rows,
                                    rows == 1 ? "row" : "rows", shortened(key, 200), *expected),
                        hint)
      .at(Step::Parse);
}

}  // namespace peo::loader
