#include "source/s3/trust_store.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/err.h>

#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"

namespace peo::source::s3 {
namespace {

std::string system_file() {
  const auto* info = curl_version_info(CURLVERSION_NOW);
  return info->cainfo == nullptr ? "/etc/ssl/certs/ca-certificates.crt" : info->cainfo;
}

}  // namespace

TrustStore::TrustStore(std::string file)
    : configured_(std::move(file)), file_(configured_.empty() ? system_file() : configured_) {}

void TrustStore::use_in(SSL_CTX* context) {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  const auto written = std::filesystem::last_write_time(file_, ignored);
  if (!store_ || written != written_) {
    std::unique_ptr<X509_STORE, Free> read(X509_STORE_new());
    if (!read || X509_STORE_load_file(read.get(), file_.c_str()) != 1) {
      ERR_clear_error();  // libcurl would report it as its own
      throw Error::configuration(
          fmt::format("no certificates can be read from {}", shortened(file_, 200)),
          configured_.empty() ? "Install the package ca-certificates, or set AWS_CA_BUNDLE to a PEM file."
                              : "Set AWS_CA_BUNDLE to a readable PEM file.");
    }
    // As libcurl's own: an intermediate certificate in the file is trusted, too.
    X509_STORE_set_flags(read.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    store_ = std::move(read);
    written_ = written;
  }
  SSL_CTX_set1_cert_store(context, store_.get());
}

}  // namespace peo::source::s3
