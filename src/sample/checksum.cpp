#include "sample/checksum.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"

namespace peo::sample {
namespace {

constexpr std::uint64_t modulus = 1'000'000'000'000'000'000U;

}  // namespace

void Checksum::add(std::uint64_t value) {
  low_ += value;  // below 10^18 + 2^60: fits
  while (low_ >= modulus) {
    low_ -= modulus;
    ++high_;
  }
}

void Checksum::subtract(std::uint64_t value) {
  while (low_ < value) {
    low_ += modulus;
    --high_;
  }
  low_ -= value;
}

std::string Checksum::text() const {
  return high_ == 0 ? fmt::format("{}", low_) : fmt::format("{}{:018}", high_, low_);
}

RowHash::RowHash()
    : algorithm_(EVP_MD_fetch(nullptr, "MD5", nullptr), &EVP_MD_free),
      context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!algorithm_ || !context_) {
    throw Error::internal("OpenSSL has no MD5 here, and the sample's checksums are sums of MD5s.",
                          "Allow OpenSSL's default provider.");
  }
}

std::uint64_t RowHash::operator()(std::string_view canonical) {
  std::array<unsigned char, 16> digest{};
  if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context_.get(), canonical.data(), canonical.size()) != 1 ||
      EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
    throw Error::internal("OpenSSL failed to compute an MD5.");
  }
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | digest[i];
  return bits >> 4;
}

}  // namespace peo::sample
