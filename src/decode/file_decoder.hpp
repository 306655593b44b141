// Steps 2 and 3 of a file: its object's bytes → its text, as the name says, CSV (gzip or plain) or Parquet.
#pragma once
#include <memory>

#include "base/byte_stream.hpp"
#include "base/object.hpp"
#include "decode/parquet/reader.hpp"
#include "decode/parse.hpp"

namespace peo::decode {

// `bytes` and `parquet` must outlive what is returned.
std::unique_ptr<DecodedStream> decode_file(const ObjectInfo& object, ByteStream& bytes,
                                           parquet::ParquetReader& parquet);

// How the parser is to read that text.
ParseOptions options_of(const ObjectInfo& object, ParseOptions options);

}  // namespace peo::decode
