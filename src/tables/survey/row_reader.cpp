#include "tables/survey/row_reader.hpp"

#include "base/error.hpp"
#include "decode/file_decoder.hpp"
#include "decode/parse.hpp"
#include "source/object_reader.hpp"

namespace peo::survey {
struct RowReader::Inner {
  Inner(source::Source& source, const ObjectInfo& info, const Cancellation& stop,
        const ReadSettings& settings)
      : object(info),
        fetch(source, info, stop),
        decoded(decode::decode_file(info, fetch, *settings.parquet)),
        parser(*decoded, decode::options_of(info, {.format = settings.format,
                                                   .as_it_stands = true,
                                                   .max_row_bytes = settings.max_row_bytes})) {}

  ObjectInfo object;
  source::ObjectReader fetch;
  std::unique_ptr<DecodedStream> decoded;
  decode::ChangeParser parser;
  decode::ChangeBatch batch;
  std::size_t row = 0;
  Values values;
};

RowReader::RowReader(source::Source& source, const ObjectInfo& object, const Cancellation& stop,
                     const ReadSettings& settings) try
    : inner_(std::make_unique<Inner>(source, object, stop, settings)) {
} catch (Error& error) {
  error.at({.object_key = object.key});
  throw;
}
RowReader::~RowReader() = default;

const Values* RowReader::next() {
  auto& in = *inner_;
  try {
    if (in.row == in.batch.rows.size()) {
      if (!in.parser.next(in.batch)) return nullptr;
      in.row = 0;
    }
  } catch (Error& error) {
    error.at({.object_key = in.object.key});
    throw;
  }
  in.values.clear();
  const auto* fields = in.batch.row_fields(in.row++);
  for (std::size_t i = 0; i < in.batch.width; ++i)
    in.values.push_back({in.batch.text(fields[i]), fields[i].null != 0});
  return &in.values;
}

}  // namespace peo::survey
