#include "decode/file_decoder.hpp"

#include <utility>

#include "decode/decompress.hpp"

namespace peo::decode {

std::unique_ptr<DecodedStream> decode_file(const ObjectInfo& object, ByteStream& bytes,
                                           parquet::ParquetReader& parquet) {
  if (is_parquet(object.key)) return std::make_unique<parquet::ParquetStream>(parquet, bytes, object.size);
  return std::make_unique<Decompressor>(bytes);
}

ParseOptions options_of(const ObjectInfo& object, ParseOptions options) {
  options.parquet = is_parquet(object.key);
  options.format = format_of(object.key, std::move(options.format));
  return options;
}

}  // namespace peo::decode
