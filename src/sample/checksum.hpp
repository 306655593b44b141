// A table's checksum: the sum, over its rows, of the first 60 bits of the MD5 of a row's canonical text. A
// sum doesn't depend on the order of rows, and PostgreSQL can compute it too (`checksum_sql`).
//
// The canonical text: for each column of the file, in order, its length in bytes, ":" and its value in an
// explicit form, or "-" for NULL. So "5:hello-3:abc" is unambiguous.
#pragma once
#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace peo::sample {

// A sum of 60-bit numbers that may exceed 64 bits.
class Checksum {
 public:
  void add(std::uint64_t value);       // value < 2^60
  void subtract(std::uint64_t value);  // what was added before
  std::string text() const;            // decimal
  friend bool operator==(const Checksum&, const Checksum&) = default;

 private:
  std::uint64_t high_ = 0, low_ = 0;  // high_ * 10^18 + low_
};

class RowHash {
 public:
  RowHash();
  std::uint64_t operator()(std::string_view canonical);  // the first 60 bits

 private:
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace peo::sample
