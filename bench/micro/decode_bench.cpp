// Inflate and parse, each alone, over a file of rows as DMS writes them: 16 columns, about 150 bytes a row.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/byte_stream.hpp"
#include "decode/change.hpp"
#include "decode/decompress.hpp"
#include "decode/parse.hpp"

namespace peo::decode {
namespace {

constexpr std::size_t row_count = 100'000;
constexpr std::size_t columns = 16;

class Memory final : public ByteStream {
 public:
  explicit Memory(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min(buffer.size(), bytes_.size());
    std::memcpy(buffer.data(), bytes_.data(), n);
    bytes_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view bytes_;
};

// One row in a hundred has a quoted text.
std::string make_rows() {
  std::mt19937_64 random(1);
  std::string rows;
  for (std::size_t i = 0; i < row_count; ++i) {
    const auto quantity = random() % 10'000;
    const auto price = random() % 500'000;
    rows += fmt::format(
        "{},{},{:08X}-B0EC-4F2B-94BD-53EFB9CAB6EC,F,1,{},{}.00000000,{}.{:04}0000,XNAS,{}.00000000,{}."
        "00000000,"
        "{}.{:08},{},,{},2022-06-30 08:{:02}:{:02}.{:06}\n",
        20'000'000 + i, 1'000'000 + i / 9, random() >> 32U, 1 + random() % 2, quantity, price / 1000,
        price % 1000, quantity + 100, random() % 10'000, price / 1000, random() % 100'000'000, random() % 2,
        random() % 100 == 0 ? "\"said \"\"now\"\", twice\"" : "", random() % 60, random() % 60,
        random() % 1'000'000);
  }
  return rows;
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  constexpr int gzip_format = 15 + 16;
  if (deflateInit2(&stream, 6, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  std::string copy(plain);
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate");
  return packed;
}

void inflate(benchmark::State& state) {
  const std::string plain = make_rows();
  const std::string packed = gzip(plain);
  std::string buffer(std::size_t{256} * 1024, '\0');
  while (state.KeepRunning()) {
    Memory memory(packed);
    Decompressor decompressor(memory);
    std::size_t total = 0;
    while (const std::size_t n = decompressor.read(buffer)) total += n;
    if (total != plain.size()) state.SkipWithError("cut");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
}
BENCHMARK(inflate)->Unit(benchmark::kMillisecond);

void parse(benchmark::State& state) {
  const std::string plain = make_rows();
  ChangeBatch batch;
  while (state.KeepRunning()) {
    Memory memory(plain);
    ChangeParser parser(memory, {.columns = TableColumns(columns)});
    while (parser.next(batch)) benchmark::DoNotOptimize(batch.fields.data());
    if (parser.rows() != row_count) state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(row_count));
}
BENCHMARK(parse)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace peo::decode
