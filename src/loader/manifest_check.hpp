// Compares the number of rows of a file with the one in its manifest (Qlik Replicate's .dfm beside it).
// Before the commit, so that a cut file is not loaded.
#pragma once
#include <cstdint>

#include "base/cancellation.hpp"
#include "base/object.hpp"
#include "source/source.hpp"

namespace peo::loader {

// Throws BadDelivery when they differ, or when the manifest can't be read. At most 1 MiB of it is read.
void check_manifest(source::Source& source, const ObjectInfo& manifest, std::uint64_t rows,
                    const Cancellation& stop);

}  // namespace peo::loader
