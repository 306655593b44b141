#include "tables/survey/row_reader.hpp"

#include <optional>

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
                                                   .keep_bad_rows = settings.keep_bad_rows,
                                                   .max_row_bytes = settings.max_row_bytes})) {}

  ObjectInfo object;
  source::ObjectReader fetch;
  std::unique_ptr<DecodedStream> decoded;
  decode::ChangeParser parser;
  decode::ChangeBatch batch;
  std::size_t row = 0;
  std::optional<decode::BadRow> bad;
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
    while (in.row == in.batch.rows.size()) {
      if (!in.parser.next(in.batch)) return nullptr;
      in.row = 0;
      if (!in.bad && !in.batch.bad.empty()) in.bad = in.batch.bad.front();
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

const decode::BadRow* RowReader::bad_row() const { return inner_->bad ? &*inner_->bad : nullptr; }

std::vector<std::string> RowReader::column_types() const { return inner_->decoded->column_types(); }

}  // namespace peo::survey
