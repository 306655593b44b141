#include "nats/nats_tls.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <limits>
#include <new>
#include <utility>

#include "base/error.hpp"

namespace peo::nats {
namespace {

// OpenSSL's message for its first error, which contains no text from the server.
std::string noted_reason() {
  const auto code = ERR_peek_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? "unknown reason" : text;
}

// Whether the server sent an alert that it doesn't accept the client's certificate, or requires one.
bool is_certificate_alert() {
  const int alert = ERR_GET_REASON(ERR_peek_error()) - SSL_AD_REASON_OFFSET;
  return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
         alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED || alert == SSL_AD_CERTIFICATE_REQUIRED;
}

Error wrong_file(const char* setting, const std::string& path, const char* hint) {
  return Error::configuration(
      fmt::format("{}: can't use {} ({})", setting, shortened(path, 200), noted_reason()), hint);
}

// A key with a passphrase is an error, because there is nobody to type it.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*closure*/) { return -1; }

void use_certificate(SSL_CTX* context, const NatsOptions& options) {
  if (options.cert_file.empty()) return;
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    throw wrong_file("NATS_CERT_FILE", options.cert_file,
                     "Set it to a PEM file with the client certificate that this user may read.");
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    throw wrong_file("NATS_KEY_FILE", options.key_file,
                     "Set it to a PEM file, without a passphrase, with the private key of the certificate in "
                     "NATS_CERT_FILE.");
  }
}

bool is_address(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// SSL_set_tlsext_host_name, without its old-style cast.
bool set_name_indication(SSL* session, std::string host) {
  return SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

int size_of(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<int>::max()) throw Error::internal("too many bytes for TLS at once");
  return static_cast<int>(bytes.size());
}

}  // namespace

NatsTls::Context NatsTls::context_for(const NatsOptions& options) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(), nullptr) != 1) {
    throw wrong_file("NATS_CA_FILE", options.ca_file,
                     "Set it to a PEM file with CA certificates that this user may read.");
  }
  use_certificate(context.get(), options);
  return context;
}

NatsTls::NatsTls(const NatsOptions& options, const std::string& host, std::string server)
    : server_(std::move(server)),
      context_(context_for(options)),
      session_(SSL_new(context_.get()), SSL_free) {
  BIO* const from_server = BIO_new(BIO_s_mem());
  BIO* const to_server = BIO_new(BIO_s_mem());
  if (!session_ || from_server == nullptr || to_server == nullptr) throw std::bad_alloc();
  SSL_set_bio(session_.get(), from_server, to_server);  // owns both
  SSL_set_connect_state(session_.get());
  const bool set =
      is_address(host)
          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), host.c_str()) == 1
          : SSL_set1_host(session_.get(), host.c_str()) == 1 && set_name_indication(session_.get(), host);
  // Without it, a certificate for any host would be accepted.
  if (!set) throw Error::configuration(fmt::format("NATS: TLS can't check the host \"{}\"", shortened(host)));
}

bool NatsTls::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(session_.get());
  if (done == 1) return true;
  if (SSL_get_error(session_.get(), done) != SSL_ERROR_WANT_READ) fail();
  return false;
}

void NatsTls::fail() const {
  const auto checked = SSL_get_verify_result(session_.get());
  if (checked != X509_V_OK) {
    ERR_clear_error();
    throw Error::configuration(
        fmt::format("{}: the server's certificate is not accepted ({})", server_,
                    X509_verify_cert_error_string(checked)),
        "Set NATS_CA_FILE to the file of its certificate authority, and use a host name that is in the "
        "certificate.");
  }
  if (is_certificate_alert()) {
    throw Error::permission(fmt::format("{} refused the client's certificate ({})", server_, noted_reason()),
                            "Set NATS_CERT_FILE and NATS_KEY_FILE to a certificate that the server accepts.");
  }
  throw Error::retry(fmt::format("{}: TLS failed ({})", server_, noted_reason()));
}

void NatsTls::input(std::string_view bytes) {
  if (!bytes.empty() &&
      BIO_write(SSL_get_rbio(session_.get()), bytes.data(), size_of(bytes)) != size_of(bytes))
    throw std::bad_alloc();
}

std::string NatsTls::output() {
  auto* const bio = SSL_get_wbio(session_.get());
  std::string bytes(BIO_ctrl_pending(bio), '\0');
  if (!bytes.empty() && BIO_read(bio, bytes.data(), size_of(bytes)) != size_of(bytes))
    throw Error::internal("OpenSSL returned fewer bytes than it has");
  return bytes;
}

void NatsTls::encrypt(std::string_view text) {
  ERR_clear_error();
  if (!text.empty() && SSL_write(session_.get(), text.data(), size_of(text)) <= 0) fail();
}

std::string NatsTls::decrypt() {
  std::string text;
  std::array<char, 16384> piece{};  // the maximum size of a TLS record
  ERR_clear_error();
  int got = 0;
  while ((got = SSL_read(session_.get(), piece.data(), size_of({piece.data(), piece.size()}))) > 0)
    text.append(piece.data(), static_cast<std::size_t>(got));
  switch (SSL_get_error(session_.get(), got)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      break;
    default:
      fail();
  }
  return text;
}

}  // namespace peo::nats
