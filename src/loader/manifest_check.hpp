// Compares a file's number of rows with the one in its manifest (Qlik Replicate's .dfm file), before the
// commit, so that a truncated file is not loaded.
#pragma once
#include <cstdint>

#include "base/cancellation.hpp"
#include "base/object.hpp"
#include "source/source.hpp"

namespace peo::loader {

// Throws BadDelivery if they differ or the manifest can't be read. Reads at most 1 MiB of it.
void check_manifest(source::Source& source, const ObjectInfo& manifest, std::uint64_t rows,
                    const Cancellation& stop);

}  // namespace peo::loader
