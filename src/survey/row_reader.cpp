#include "survey/row_reader.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "decode/decompress.hpp"
#include "decode/parse.hpp"
#include "source/fetch.hpp"

namespace peo::survey {
namespace {

// Bytes that are looked at before they are read: the parser must be told how wide a row is.
class Peekable : public ByteStream {
 public:
  explicit Peekable(ByteStream& stream) : stream_(stream) {}

  // How many fields the first row that isn't empty has; 0 when there is none.
  std::size_t first_width(std::size_t max_row_bytes) {
    std::size_t width = 1;
    bool quoted = false;
    bool empty = true;
    for (std::size_t at = 0; at < max_row_bytes; ++at) {
      if (at == bytes_.size() && !more()) return empty ? 0 : width;
      const char c = bytes_[at];
      if (c == '"') quoted = !quoted;
      if (!quoted && c == ',') ++width;
      if (!quoted && c == '\n' && !empty) return width;
      if (c != '\n' && c != '\r') empty = false;
    }
    return width;
  }

  std::size_t read(std::span<char> buffer) override {
    if (taken_ == bytes_.size()) return stream_.read(buffer);
    const auto size = std::min(buffer.size(), bytes_.size() - taken_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(taken_), size, buffer.begin());
    taken_ += size;
    return size;
  }

 private:
  bool more() {
    constexpr std::size_t piece = 4096;
    const auto before = bytes_.size();
    bytes_.resize(before + piece);
    const auto got = stream_.read({bytes_.data() + before, piece});
    bytes_.resize(before + got);
    return got != 0;
  }

  ByteStream& stream_;
  std::vector<char> bytes_;
  std::size_t taken_ = 0;
};

}  // namespace

struct RowReader::Inner {
  Inner(source::Source& source, const ObjectInfo& info, const Stop& stop, std::size_t max_row_bytes)
      : object(info), fetch(source, info, stop), decompressor(fetch), plain(decompressor) {
    const auto width = plain.first_width(max_row_bytes);
    if (width == 0) return;
    FileFormat as_it_stands;
    as_it_stands.header = false;
    as_it_stands.operation = as_it_stands.timestamp = Present::Never;
    parser.emplace(
        plain, decode::ParseOptions{
                   .columns = TableColumns(width), .format = as_it_stands, .max_row_bytes = max_row_bytes});
  }

  ObjectInfo object;
  source::Fetch fetch;
  decode::Decompressor decompressor;
  Peekable plain;
  std::optional<decode::ChangeParser> parser;
  decode::ChangeBatch batch;
  std::size_t row = 0;
  Values values;
};

RowReader::RowReader(source::Source& source, const ObjectInfo& object, const Stop& stop,
                     std::size_t max_row_bytes) try
    : inner_(std::make_unique<Inner>(source, object, stop, max_row_bytes)) {
} catch (Error& error) {
  error.at({.object_key = object.key});
  throw;
}
RowReader::~RowReader() = default;

const Values* RowReader::next() {
  auto& in = *inner_;
  if (!in.parser) return nullptr;
  try {
    if (in.row == in.batch.rows.size()) {
      if (!in.parser->next(in.batch)) return nullptr;
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
