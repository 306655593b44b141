#include "nats/nats_credentials.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace peo::nats {
namespace {

// The first bits of a seed and of a public key identify their kind; in base32 they are the letters S and U.
constexpr unsigned seed_prefix = 18U << 3;
constexpr unsigned user_prefix = 20U << 3;
constexpr std::size_t key_size = 32;
constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// CRC-16/XMODEM.
unsigned checksum(std::string_view bytes) {
  unsigned crc = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    crc ^= byte_at(bytes, at) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc << 1) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U)) & 0xffffU;
  }
  return crc;
}

// RFC 4648 without padding; unused bits must be zero.
std::optional<std::string> base32_decoded(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto value = base32_letters.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = ((bits << 5) | static_cast<std::uint32_t>(value)) & 0xfffU;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count);
    bits &= (1U << count) - 1;
  }
  if (bits != 0 || count >= 5) return std::nullopt;
  return bytes;
}

std::string base32_encoded(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bits = ((bits << 8) | byte_at(bytes, at)) & 0xffffU;
    for (count += 8; count >= 5; count -= 5) text += base32_letters[(bits >> (count - 5)) & 31U];
  }
  if (count != 0) text += base32_letters[(bits << (5 - count)) & 31U];
  return text;
}

std::string base64_for_urls(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bits = ((bits << 8) | byte_at(bytes, at)) & 0xffffU;
    for (count += 8; count >= 6; count -= 6) text += letters[(bits >> (count - 6)) & 63U];
  }
  if (count != 0) text += letters[(bits << (6 - count)) & 63U];
  return text;
}

Key key_of(const std::string& secret) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size()),
          EVP_PKEY_free);
  if (!key) throw Error::internal("OpenSSL doesn't support Ed25519");
  return key;
}

std::string public_key_of(const std::string& secret) {
  std::array<unsigned char, key_size> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key_of(secret).get(), raw.data(), &size) != 1)
    throw Error::internal("OpenSSL returned no public key");
  std::string bytes(1, static_cast<char>(user_prefix));
  bytes.append(reinterpret_cast<const char*>(raw.data()), size);
  const auto crc = checksum(bytes);
  bytes += static_cast<char>(crc & 0xffU);
  bytes += static_cast<char>(crc >> 8);
  return base32_encoded(bytes);
}

// The 32 bytes of a user's seed; nothing for anything else. Its first two bytes contain two prefixes of five
// bits: that it is a seed, and the kind of its owner.
std::optional<std::string> secret_of(std::string_view seed) {
  const auto bytes = base32_decoded(seed);
  if (!bytes || bytes->size() != 2 + key_size + 2) return std::nullopt;
  const auto first = byte_at(*bytes, 0);
  const auto second = byte_at(*bytes, 1);
  if ((first & 0xf8U) != seed_prefix || (((first & 7U) << 5) | (second >> 3)) != user_prefix)
    return std::nullopt;
  const auto crc = byte_at(*bytes, 2 + key_size) | (byte_at(*bytes, 3 + key_size) << 8);
  if (checksum(std::string_view(*bytes).substr(0, 2 + key_size)) != crc) return std::nullopt;
  return bytes->substr(2, key_size);
}

std::string read_file(const std::string& path) {
  constexpr std::size_t most = 64UL * 1024;
  std::ifstream file(path, std::ios::binary);
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.eof() || text.size() > most) {
    throw Error::configuration(fmt::format("NATS_CREDENTIALS_FILE: can't read {}", shortened(path, 200)),
                               "Set it to a .creds file that this user may read.");
  }
  return text;
}

// The text between "-----BEGIN <name>-----" and the next line of dashes, without white space. NATS's tools
// write
// "------END", with one more dash.
std::string block_of(std::string_view text, const std::string& name) {
  const auto head = "-----BEGIN " + name + "-----";
  const auto begin = text.find(head);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + head.size());
  std::string block;
  for (const char c : text.substr(0, text.find("-----END"))) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') block += c;
  }
  while (block.ends_with('-')) block.pop_back();
  return block;
}

bool is_jwt(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return std::all_of(text.begin(), text.end(), good) && std::count(text.begin(), text.end(), '.') == 2;
}

NatsKey key_of_seed(std::string_view seed, const std::string& setting, const std::string& hint) {
  auto secret = secret_of(seed);
  if (!secret) throw Error::configuration(setting + " has no valid seed of a user", hint);
  NatsKey key;
  key.public_key = public_key_of(*secret);
  key.secret = std::move(*secret);
  return key;
}

}  // namespace

std::string NatsKey::signature(const std::string& nonce) const {
  const auto key = key_of(secret);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, 64> raw{};
  std::size_t size = raw.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), raw.data(), &size, reinterpret_cast<const unsigned char*>(nonce.data()),
                     nonce.size()) != 1)
    throw Error::internal("OpenSSL can't sign");
  return base64_for_urls({reinterpret_cast<const char*>(raw.data()), size});
}

NatsKey read_key(const NatsOptions& options) {
  if (!options.nkey_seed.empty()) {
    return key_of_seed(options.nkey_seed, "NATS_NKEY_SEED",
                       "Set it to the seed that nsc or nk has generated for a user; it starts with SU.");
  }
  if (options.credentials_file.empty()) return {};
  const auto where = fmt::format("NATS_CREDENTIALS_FILE: {}", shortened(options.credentials_file, 200));
  const auto hint = "Set it to the .creds file that nsc, or the server's provider, has generated for a user.";
  const auto text = read_file(options.credentials_file);
  auto jwt = block_of(text, "NATS USER JWT");
  if (jwt.empty() || !is_jwt(jwt)) throw Error::configuration(where + " has no valid user JWT", hint);
  auto key = key_of_seed(block_of(text, "USER NKEY SEED"), where, hint);
  key.jwt = std::move(jwt);
  return key;
}

}  // namespace peo::nats
