// Logging in to a real server with a key, with a .creds file, and with a client certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "integration/notifier/messages.hpp"
#include "notifier/nats/nats_notifier.hpp"
#include "support/nats_server.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace peo::notifier {
namespace {

using test::NatsServer;
using test::NatsTls;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// nats_login/ holds what an operator, an account and two users of it have, made by nats-jwt: the server's
// configuration and the users' .creds files. The JWT of "expired" has expired.
std::filesystem::path login_file(const std::string& name) {
  return test::source_dir() / "tests/support/nats_login" / name;
}

class LoginTest : public testing::Test {
 protected:
  std::optional<Error> publish(const nats::NatsOptions& options) {
    return error_of([&] { NatsNotifier(options, stop_).publish(some_messages(1, 2)); });
  }
  static nats::NatsOptions options_for(const NatsServer& server, const std::string& scheme = "nats://") {
    nats::NatsOptions options;
    options.servers = {scheme + server.address()};
    return options;
  }
  void expect_accepted(const nats::NatsOptions& options) {
    const auto error = publish(options);
    EXPECT_FALSE(error) << error->describe();
  }
  void expect_refused(const nats::NatsOptions& options, ExitCode code, const std::string& text) {
    const auto error = publish(options);
    ASSERT_TRUE(error) << text;
    EXPECT_EQ(error->exit_code(), code) << error->describe();
    EXPECT_THAT(error->describe(), HasSubstr(text));
  }
  Cancellation stop_;
};

TEST_F(LoginTest, WithAnNkey) {
  const NatsServer server(
      {.more =
           "authorization { users = [{nkey: UAWBFUBUOU7XVNHLAE352HGBFTDT2M7MXQNHF2TALW5WDH2IAZQE4ZIG}] }"});
  auto options = options_for(server);
  expect_refused(options, ExitCode::PermissionDenied, "refused the user");
  options.nkey_seed = "SUANXVZZO23GX3ACCBT3MMFS7U76WRMNCX4DFEWKFFBMWZLZ6RLVKKUMKI";
  expect_accepted(options);
  options.nkey_seed = "SUAKW6XRTCMX2VTRE2PZQMEC7CQFEA4VYJHKX2RFSLV5VMAVGJMQUYQPJY";  // of another user
  expect_refused(options, ExitCode::PermissionDenied, "refused the user");
}

TEST_F(LoginTest, WithACredsFile) {
  const NatsServer server({.more = test::read_file(login_file("operator.conf"))});
  auto options = options_for(server);
  expect_refused(options, ExitCode::PermissionDenied, "refused the user");
  options.credentials_file = login_file("loader.creds");
  expect_accepted(options);
  options.credentials_file = login_file("expired.creds");
  expect_refused(options, ExitCode::PermissionDenied, "refused the user");
}

// The file is read again for each connection: renewed credentials need no restart.
TEST_F(LoginTest, WithACredsFileThatIsRenewed) {
  NatsServer server({.more = test::read_file(login_file("operator.conf"))});
  const test::TempDir directory;
  test::write_file(directory / "a.creds", test::read_file(login_file("expired.creds")));
  auto options = options_for(server);
  options.credentials_file = (directory / "a.creds").string();
  NatsNotifier notifier(options, stop_);
  EXPECT_TRUE(error_of([&] { notifier.publish(some_messages(1, 1)); }));
  test::write_file(directory / "a.creds", test::read_file(login_file("loader.creds")));
  const auto error = error_of([&] { notifier.publish(some_messages(1, 1)); });
  EXPECT_FALSE(error) << error->describe();
}

TEST_F(LoginTest, WithAClientCertificate) {
  const NatsServer server({.tls = NatsTls::Mutual});
  auto options = options_for(server, "tls://");
  options.ca_file = server.ca_file();
  // The server's reason may be lost with the connection that it closes; then it is Retry, which says less.
  const auto without = publish(options);
  ASSERT_TRUE(without);
  EXPECT_THAT(without->describe(), testing::AnyOf(HasSubstr("certificate"), HasSubstr("connection")));
  options.cert_file = server.file("client.pem");
  options.key_file = server.file("client.key");
  expect_accepted(options);
  options.cert_file = server.file("stranger.pem");
  options.key_file = server.file("stranger.key");
  EXPECT_TRUE(publish(options));
}

// Before anything is connected to.
TEST_F(LoginTest, WrongFilesAreConfigurationErrorsThatNameTheSetting) {
  const NatsServer certificates({.tls = NatsTls::On});
  const test::TempDir directory;
  test::write_file(directory / "nonsense", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n");
  nats::NatsOptions tls;
  tls.servers = {"tls://127.0.0.1:1"};
  tls.cert_file = certificates.file("client.pem");
  tls.key_file = certificates.file("client.key");
  EXPECT_NO_THROW(NatsNotifier(tls, stop_));
  const auto refusal = [&](const nats::NatsOptions& options) {
    const auto error = error_of([&] { const NatsNotifier notifier(options, stop_); });
    EXPECT_TRUE(error && error->exit_code() == ExitCode::Configuration);
    return error ? error->describe() : std::string();
  };
  for (const auto& path : {directory / "nonsense", directory / "absent", directory.path()}) {
    auto options = tls;
    options.cert_file = path.string();
    EXPECT_THAT(refusal(options),
                AllOf(HasSubstr("NATS_CERT_FILE"), HasSubstr(path.string()), Not(HasSubstr("c2VjcmV0"))));
    options = tls;
    options.key_file = path.string();
    EXPECT_THAT(refusal(options),
                AllOf(HasSubstr("NATS_KEY_FILE"), HasSubstr(path.string()), Not(HasSubstr("c2VjcmV0"))));
    options = tls;
    options.ca_file = path.string();
    EXPECT_THAT(refusal(options), AllOf(HasSubstr("NATS_CA_FILE"), HasSubstr(path.string())));
    options = {};
    options.servers = {"127.0.0.1:1"};
    options.credentials_file = path.string();
    EXPECT_THAT(refusal(options), AllOf(HasSubstr("NATS_CREDENTIALS_FILE"), HasSubstr(path.string())));
  }
  tls.key_file = certificates.file("stranger.key");
  EXPECT_THAT(refusal(tls), HasSubstr("NATS_KEY_FILE"));
}

}  // namespace
}  // namespace peo::notifier
