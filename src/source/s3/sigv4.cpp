#include "source/s3/sigv4.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/error.hpp"
#include "base/hexadecimal.hpp"

namespace peo::source::s3 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

using Digest = std::array<unsigned char, 32>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(const Digest& digest) { return hexadecimal(std::span<const unsigned char>(digest)); }

Digest sha256(std::string_view text) {
  Digest digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw Error::internal("OpenSSL can't compute SHA-256");
  }
  return digest;
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), digest.data(),
           nullptr) == nullptr) {
    throw Error::internal("OpenSSL can't compute HMAC-SHA-256");
  }
  return digest;
}

Digest hmac(const Digest& key, std::string_view text) {
  return hmac(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()), text);
}

std::string scope(const Signable& request, Time time, const std::string& region) {
  return fmt::format("{}/{}/{}/aws4_request", amz_date(time).substr(0, 8), region, request.service);
}

// Trims spaces and collapses runs of spaces into one.
std::string collapsed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (space && (text.empty() || text.back() == ' ')) continue;
    text += space ? ' ' : c;
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string signed_headers(const Headers& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

}  // namespace

const std::string_view empty_payload_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string payload_hash_of(std::string_view body) { return hex(sha256(body)); }

std::string uri_encoded(std::string_view text, bool keep_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       (byte >= '0' && byte <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain || (c == '/' && keep_slash)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4U];
      encoded += digits[byte & 15U];
    }
  }
  return encoded;
}

std::string canonical_query(const Query& query) {
  Query encoded;
  encoded.reserve(query.size());
  for (const auto& [name, value] : query) encoded.emplace_back(uri_encoded(name), uri_encoded(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(value);
  }
  return text;
}

std::string canonical_request(const Signable& request) {
  std::string text = request.method + "\n" + request.path + "\n" + request.query + "\n";
  for (const auto& [name, value] : request.headers) {
    text.append(name).append(":").append(collapsed(value)).append("\n");
  }
  return text + "\n" + signed_headers(request.headers) + "\n" + request.payload_hash;
}

std::string amz_date(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

std::string string_to_sign(const Signable& request, Time time, const std::string& region) {
  return fmt::format("{}\n{}\n{}\n{}", algorithm, amz_date(time), scope(request, time, region),
                     hex(sha256(canonical_request(request))));
}

std::string signature(const Signable& request, Time time, const std::string& region,
                      const std::string& secret_access_key) {
  const Digest day = hmac("AWS4" + secret_access_key, amz_date(time).substr(0, 8));
  const Digest key = hmac(hmac(hmac(day, region), request.service), "aws4_request");
  return hex(hmac(key, string_to_sign(request, time, region)));
}

void sign(Signable& request, Time time, const std::string& region, const Credentials& credentials) {
  if (credentials.anonymous()) return;
  request.headers["x-amz-date"] = amz_date(time);
  request.headers["x-amz-content-sha256"] = request.payload_hash;
  if (!credentials.session_token.empty()) {
    request.headers["x-amz-security-token"] = credentials.session_token;
  }
  const std::string signed_by = signature(request, time, region, credentials.secret_access_key);
  request.headers["authorization"] =
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm, credentials.access_key_id,
                  scope(request, time, region), signed_headers(request.headers), signed_by);
}

}  // namespace peo::source::s3
