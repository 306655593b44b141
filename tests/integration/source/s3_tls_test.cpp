// Certificates: checked, and refused with a word on what to do.
#include <gtest/gtest.h>

#include "s3_test_support.hpp"
#include "support/fake_s3.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::source::s3 {
namespace {

S3Options tls_options(const std::string& endpoint) {
  S3Options options;
  options.endpoint = endpoint;
  options.access_key_id = "id";
  options.secret_access_key = "secret";
  options.bucket = "trades";
  return options;
}

class S3Tls : public testing::Test {
 protected:
  void SetUp() override {
    const auto made =
        test::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                   "-nodes", "-keyout", key(), "-out", certificate(), "-days", "2", "-subj", "/CN=a test",
                   "-addext", "subjectAltName=IP:127.0.0.1"});
    ASSERT_EQ(made.status, 0) << made.err;
    // Answers every GET with a page about itself.
    server_ = std::make_unique<test::Process>(
        std::vector<std::string>{"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port_),
                                 "-key", key(), "-cert", certificate(), "-www", "-quiet"});
    ASSERT_TRUE(test::wait_for_port(port_)) << server_->err();
  }

  std::string key() const { return (dir_ / "key.pem").string(); }
  std::string certificate() const { return (dir_ / "certificate.pem").string(); }
  std::string endpoint() const { return "https://127.0.0.1:" + std::to_string(port_); }

  test::TempDir dir_;
  int port_ = test::free_port();
  std::unique_ptr<test::Process> server_;
};

TEST_F(S3Tls, RefusesAnUnknownCertificate) {
  const auto error = error_of([&] { S3Source(tls_options(endpoint())).list({}); });
  EXPECT_EQ(error.exit_code(), ExitCode::Unavailable);
  EXPECT_EQ(error.kind(), ErrorKind::Fatal);
  EXPECT_NE(error.describe().find("AWS_CA_BUNDLE"), std::string::npos) << error.describe();
}

TEST_F(S3Tls, TrustsTheGivenAuthorityForItsNamesOnly) {
  auto options = tls_options(endpoint());
  options.ca_bundle = certificate();
  // Past the certificate: what answers is no S3 server.
  const auto through = error_of([&] { S3Source(options).list({}); });
  EXPECT_EQ(through.exit_code(), ExitCode::Configuration) << through.describe();
  EXPECT_NE(through.describe().find("unusable listing"), std::string::npos) << through.describe();
  options.endpoint = "https://localhost:" + std::to_string(port_);
  EXPECT_EQ(error_of([&] { S3Source(options).list({}); }).exit_code(), ExitCode::Unavailable);
  options.ca_bundle = (dir_ / "missing.pem").string();
  const auto missing = error_of([&] { S3Source(options).list({}); });
  EXPECT_EQ(missing.exit_code(), ExitCode::Configuration) << missing.describe();
  EXPECT_NE(missing.describe().find("missing.pem"), std::string::npos) << missing.describe();
}

TEST_F(S3Tls, SaysWhenTheServerSpeaksPlainHttp) {
  test::FakeS3 plain(std::vector<test::FakeAnswer>{{}});
  const auto error =
      error_of([&] { S3Source(tls_options("127.0.0.1:" + std::to_string(plain.port()))).list({}); });
  EXPECT_EQ(error.exit_code(), ExitCode::Configuration) << error.describe();
  EXPECT_NE(error.describe().find("http://"), std::string::npos) << error.describe();
}

}  // namespace
}  // namespace peo::source::s3
