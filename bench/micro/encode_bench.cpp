// Time per value of each encoder, over values as DMS writes them: a block of them back to back, as in a file,
// so that branch prediction and cache see what they see in a load.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "target/copy/encode/encoder.hpp"

namespace peo::target::encode {
namespace {

constexpr std::size_t block = 4096;

struct Values {
  std::string bytes;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> slices;  // begin, length
};

template <class Make>
Values make_values(Make make) {
  std::mt19937_64 random(1);
  Values values;
  for (std::size_t i = 0; i < block; ++i) {
    const std::string value = make(random);
    values.slices.emplace_back(values.bytes.size(), value.size());
    values.bytes += value + ',';
  }
  return values;
}

template <class Make>
void measure(benchmark::State& state, const std::string& type, Make make) {
  const auto values = make_values(make);
  const auto encoder = encoder_for({type, 'b'}).value();
  CopyBuffer out;
  std::size_t bytes = 0;
  while (state.KeepRunning()) {
    out.clear();
    for (const auto& [begin, length] : values.slices) {
      const std::string_view value(values.bytes.data() + begin, length);
      if (encoder.encode(value, out) != Outcome::Encoded) state.SkipWithError("not encoded");
    }
    bytes += values.bytes.size();
    benchmark::DoNotOptimize(out.bytes().data());
    benchmark::ClobberMemory();
  }
  const auto count = static_cast<double>(state.iterations()) * block;
  state.counters["per_value"] =
      benchmark::Counter(count, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

std::string date_time(std::mt19937_64& random) {
  return fmt::format("20{:02}-{:02}-{:02} {:02}:{:02}:{:02}", random() % 25, 1 + random() % 12,
                     1 + random() % 28, random() % 24, random() % 60, random() % 60);
}

// A row of an execution report: 16 columns, about 160 bytes.
void row_of_16_columns(benchmark::State& state) {
  const std::vector<std::pair<const char*, const char*>> columns{
      {"int8", "1234567"},
      {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {"int4", "4711"},
      {"varchar", "STRAT-0042"},
      {"varchar", "AAPL"},
      {"bpchar", "1"},
      {"bpchar", "F"},
      {"numeric", "100.00000000"},
      {"numeric", "173.25000000"},
      {"numeric", "300.00000000"},
      {"numeric", "173.12340000"},
      {"bool", "1"},
      {"date", "2022-09-22"},
      {"timestamp", "2022-09-22 09:58:53.123456"},
      {"float8", "+5.0656000000000000e+05"},
      {"text", "partial fill"}};
  std::vector<ColumnEncoder> encoders;
  std::vector<std::string_view> values;
  for (const auto& [type, value] : columns) {
    encoders.push_back(encoder_for({type, 'b'}).value());
    values.emplace_back(value);
  }
  CopyBuffer out;
  while (state.KeepRunning()) {
    if (out.size() > 65536) out.clear();
    begin_row(out, static_cast<std::uint16_t>(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (encoders[i].encode(values[i], out) != Outcome::Encoded) state.SkipWithError("not encoded");
    }
    benchmark::ClobberMemory();
  }
}
BENCHMARK(row_of_16_columns);

using Random = std::mt19937_64;

BENCHMARK_CAPTURE(measure, int4, "int4",
                  [](Random& random) { return std::to_string(random() % 10'000'000); });
BENCHMARK_CAPTURE(measure, int8, "int8",
                  [](Random& random) { return std::to_string(random() % 10'000'000'000); });
BENCHMARK_CAPTURE(measure, numeric_scale_8, "numeric", [](Random& random) {
  return fmt::format("{}.{:08}", random() % 100'000, random() % 100'000'000);
});
BENCHMARK_CAPTURE(measure, numeric_scale_2, "numeric",
                  [](Random& random) { return fmt::format("{}.{:02}", random() % 100'000, random() % 100); });
BENCHMARK_CAPTURE(measure, numeric_from_real, "numeric", [](Random& random) {
  return fmt::format("{:+.8e}", static_cast<float>(random() % 100'000) / 16);
});
BENCHMARK_CAPTURE(measure, float4, "float4", [](Random& random) {
  return fmt::format("{:+.8e}", static_cast<float>(random() % 1'000'000) / 100);
});
BENCHMARK_CAPTURE(measure, float8, "float8", [](Random& random) {
  return fmt::format("{:+.16e}", static_cast<double>(random() % 1'000'000) / 100);
});
BENCHMARK_CAPTURE(measure, boolean, "bool", [](Random& random) { return std::to_string(random() % 2); });
BENCHMARK_CAPTURE(measure, text_0_to_15, "text",
                  [](Random& random) { return std::string(random() % 16, 'x'); });
BENCHMARK_CAPTURE(measure, text_20_to_100, "text",
                  [](Random& random) { return std::string(20 + random() % 80, 'x'); });
BENCHMARK_CAPTURE(measure, date, "date", [](Random& random) { return date_time(random).substr(0, 10); });
BENCHMARK_CAPTURE(measure, time, "time", [](Random& random) { return date_time(random).substr(11); });
BENCHMARK_CAPTURE(measure, timestamp, "timestamp", date_time);
BENCHMARK_CAPTURE(measure, timestamp_microseconds, "timestamp", [](Random& random) {
  return fmt::format("{}.{:06}", date_time(random), random() % 1'000'000);
});
BENCHMARK_CAPTURE(measure, timestamptz_7_digits_and_offset, "timestamptz", [](Random& random) {
  return fmt::format("{}.{:07} +02:00", date_time(random), random() % 10'000'000);
});
BENCHMARK_CAPTURE(measure, uuid, "uuid", [](Random& random) {
  return fmt::format("{:08X}-{:04X}-{:04X}-{:04X}-{:012X}", random() >> 32U, random() >> 48U, random() >> 48U,
                     random() >> 48U, random() >> 16U);
});
BENCHMARK_CAPTURE(measure, bytea_16_bytes, "bytea",
                  [](Random& random) { return fmt::format("{:016X}{:016X}", random(), random()); });

}  // namespace
}  // namespace peo::target::encode
