#include <array>

#include "fuzz/targets.hpp"
#include "target/copy/encode/encoder.hpp"

namespace peo::fuzz {

void encoders(std::string_view input) {
  using namespace target::encode;
  static constexpr std::array types{"int2", "int4",  "int8", "numeric", "float4",    "float8",
                                    "bool", "text",  "date", "time",    "timestamp", "timestamptz",
                                    "uuid", "bytea", "json", "jsonb",   "varchar",   "bpchar"};
  for (const auto* type : types) {
    const auto encoder = encoder_for({type});
    require(encoder.has_value(), std::string("no encoder for ") + type);
    CopyBuffer out(16);
    write_int2(out, 7);  // what stands before it must stay
    const auto before = std::string(out.bytes());
    const auto outcome = encoder->encode(input, out);
    const auto bytes = out.bytes();
    require(bytes.starts_with(before), "an encoder wrote over the field before");
    if (outcome != Outcome::Encoded) continue;
    require(bytes.size() >= before.size() + 4, "a field without its length");
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
      length = length << 8U | static_cast<unsigned char>(bytes[before.size() + i]);
    require(bytes.size() == before.size() + 4 + length,
            std::string(type) + ": a field of another length than it says");
  }
}

}  // namespace peo::fuzz
