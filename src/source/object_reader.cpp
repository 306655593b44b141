#include "source/object_reader.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>

#include "base/error.hpp"
#include "base/hexadecimal.hpp"
#include "base/log.hpp"

namespace peo::source {
namespace {

// Consecutive attempts without a new byte before the whole delivery is retried.
constexpr int tries_without_progress = 3;

}  // namespace

struct ObjectReader::Digest {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Digest() {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
      throw Error::internal("OpenSSL can't compute SHA-256");
    }
  }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() { EVP_MD_CTX_free(context); }
};

ObjectReader::ObjectReader(Source& source, ObjectInfo object, const Cancellation& stop)
    : source_(source), object_(std::move(object)), stop_(stop), digest_(std::make_unique<Digest>()) {}

ObjectReader::~ObjectReader() = default;

std::size_t ObjectReader::read_once(std::span<char> buffer) {
  if (offset_ == object_.size && !stream_) return 0;
  if (!stream_) stream_ = source_.open(object_, offset_);
  const auto got = stream_->read(buffer);
  if (got == 0 && offset_ != object_.size) {
    throw Error::retry(fmt::format("the object ended after {} of {} bytes", offset_, object_.size));
  }
  return got;
}

std::size_t ObjectReader::read(std::span<char> buffer) {
  const auto began = std::chrono::steady_clock::now();
  for (int failures = 0;;) {
    try {
      const auto got = read_once(buffer);
      EVP_DigestUpdate(digest_->context, buffer.data(), got);
      offset_ += got;
      seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
      return got;
    } catch (Error& error) {
      stream_.reset();
      error.at({.step = Step::Fetch, .object_key = source_.full_key(object_.key)});
      if (error.kind() != ErrorKind::Retry || ++failures >= tries_without_progress) throw;
      ++resumed_;
      log::debug("{} Resuming at byte {}.", error.describe(), offset_);
      if (stop_.sleep_for(std::chrono::milliseconds(100) * failures)) throw;
    }
  }
}

std::string ObjectReader::sha256() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_MD_CTX* copy = EVP_MD_CTX_new();
  EVP_MD_CTX_copy_ex(copy, digest_->context);
  EVP_DigestFinal_ex(copy, digest.data(), &size);
  EVP_MD_CTX_free(copy);
  return hexadecimal(std::span<const unsigned char>(digest).first(size));
}

}  // namespace peo::source
