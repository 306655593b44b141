// Steps 2 and 3 of a file: the object's bytes → CSV text, from CSV (gzip or plain) or Parquet by the name.
#pragma once
#include <memory>

#include "base/byte_stream.hpp"
#include "base/object.hpp"
#include "decode/parquet/reader.hpp"
#include "decode/parse.hpp"

namespace peo::decode {

// `bytes` and `parquet` must outlive the result.
std::unique_ptr<DecodedStream> decode_file(const ObjectInfo& object, ByteStream& bytes,
                                           parquet::ParquetReader& parquet);

// The parser's options for that text.
ParseOptions options_of(const ObjectInfo& object, ParseOptions options);

}  // namespace peo::decode
