// S3's error answers become errors of the right kind, with a hint and without secrets.
#include "source/s3/s3_error.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace peo::source::s3 {
namespace {

AskedOf asked(const std::string& key = "") {
  AskedOf asked;
  asked.bucket = "trades";
  asked.server = "https://s3.eu-west-1.amazonaws.com";
  asked.key = key;
  asked.region = "eu-west-1";
  asked.now = Time(std::chrono::seconds(1663840733));
  return asked;
}

Refusal refusal(int status, const std::string& code, Operation operation = Operation::ListObjects) {
  Refusal refusal;
  refusal.operation = operation;
  refusal.status = status;
  refusal.document.code = code;
  refusal.document.message = "So it is.";
  return refusal;
}

TEST(S3Error, KnowsWhatMayPass) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(to_error(refusal(status, ""), asked()).kind(), ErrorKind::Retry) << status;
  }
  EXPECT_EQ(to_error(refusal(400, "RequestTimeout"), asked()).kind(), ErrorKind::Retry);
  EXPECT_EQ(to_error(refusal(200, "SlowDown"), asked()).exit_code(), ExitCode::TryAgain);
  EXPECT_EQ(to_error(refusal(501, "NotImplemented"), asked()).exit_code(), ExitCode::Configuration);
}

TEST(S3Error, GivesEachPermissionErrorItsHint) {
  const std::pair<std::string, std::string> hints[] = {
      {"AccessDenied", "s3:ListBucket"},
      {"SignatureDoesNotMatch", "bucket_key"},
      {"InvalidAccessKeyId", "bucket_id"},
      {"ExpiredToken", "new temporary credentials"},
      {"InvalidToken", "bucket_session_token"},
      {"InvalidObjectState", "Restore"},
      {"SomethingNew", "policy"},
  };
  for (const auto& [code, text] : hints) {
    const auto error = to_error(refusal(403, code), asked());
    EXPECT_EQ(error.exit_code(), ExitCode::PermissionDenied) << code;
    EXPECT_NE(error.hint().find(text), std::string::npos) << error.hint();
    EXPECT_NE(error.describe().find(" " + code + ": So it is. "), std::string::npos) << error.describe();
  }
  // AWS says this one with 400.
  EXPECT_EQ(to_error(refusal(400, "ExpiredToken"), asked()).exit_code(), ExitCode::PermissionDenied);
}

TEST(S3Error, SaysByHowMuchTheClockIsOff) {
  auto skewed = refusal(403, "RequestTimeTooSkewed");
  skewed.date = "Thu, 22 Sep 2022 10:58:53 GMT";
  EXPECT_EQ(to_error(skewed, asked()).hint(),
            "Synchronize this machine's clock, which is 3600 s behind the server's.");
  skewed.date = "Thu, 22 Sep 2022 09:38:53 GMT";
  const auto error = to_error(skewed, asked());
  EXPECT_EQ(error.hint(), "Synchronize this machine's clock, which is 1200 s ahead of the server's.");
  EXPECT_EQ(error.kind(), ErrorKind::Fatal);
}

TEST(S3Error, NamesTheMissingBucketAndTheEndpoint) {
  for (const auto operation : {Operation::ListObjects, Operation::GetObject}) {
    const auto error = to_error(refusal(404, "NoSuchBucket", operation), asked());
    EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
    EXPECT_NE(error.hint().find("no bucket trades at https://s3.eu-west-1.amazonaws.com"), std::string::npos);
  }
}

TEST(S3Error, LooksAgainWhenAnObjectChanged) {
  for (const int status : {404, 412, 416}) {
    const auto error = to_error(refusal(status, "Any", Operation::GetObject), asked("a/b"));
    EXPECT_EQ(error.kind(), ErrorKind::Retry);
    EXPECT_NE(error.describe().find("changed or deleted after it was listed"), std::string::npos);
    EXPECT_NE(error.describe().find("s3://trades/a/b"), std::string::npos);
  }
  EXPECT_EQ(to_error(refusal(404, ""), asked()).exit_code(), ExitCode::Configuration);
}

TEST(S3Error, TellsTheRequestId) {
  const auto document = parse_error_document(
      "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
      "<RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>");
  ASSERT_TRUE(document);
  Refusal from_document = refusal(403, "");
  from_document.document = *document;
  EXPECT_EQ(std::string(to_error(from_document, asked()).what()),
            "ListObjectsV2 of bucket trades at https://s3.eu-west-1.amazonaws.com failed with HTTP 403 "
            "AccessDenied: "
            "Access Denied (request 4442587FB7D0A2F9)");
}

TEST(S3Error, ShowsNoSecret) {
  const std::vector<std::string> secrets{"the/secret+key", "the-token"};
  auto chatty = refusal(403, "SignatureDoesNotMatch");
  // The secret stands where the message is cut: no half of it may be left.
  chatty.document.message = std::string(290, 'x') + "the/secret+key the-token";
  hide(chatty, secrets);
  auto text = to_error(chatty, asked()).describe();
  EXPECT_EQ(text.find("the/"), std::string::npos) << text;
  auto page = refusal(403, "");
  page.body = "<html>x-amz-security-token: the-token</html>";
  hide(page, secrets);
  text = to_error(page, asked()).describe();
  EXPECT_EQ(text.find("the-token"), std::string::npos) << text;
  EXPECT_NE(text.find("***"), std::string::npos) << text;
}

TEST(S3Error, SaysWhereARedirectLeads) {
  auto moved = refusal(307, "TemporaryRedirect");
  moved.location = "https://other.example/trades?X-Amz-Signature=abc";
  auto text = to_error(moved, asked()).describe();
  EXPECT_NE(text.find("other.example"), std::string::npos) << text;
  EXPECT_EQ(text.find("Signature="), std::string::npos) << text;
  auto region = refusal(301, "PermanentRedirect");
  region.bucket_region = "us-west-2";
  EXPECT_NE(to_error(region, asked()).hint().find("us-west-2"), std::string::npos);
}

TEST(S3Error, KnowsAnErrorDocumentFromOtherText) {
  EXPECT_FALSE(parse_error_document("<html></html>"));
  EXPECT_FALSE(parse_error_document(""));
  EXPECT_FALSE(parse_error_document("<Error><Code>cut"));
  EXPECT_EQ(parse_error_document("<Error/>")->code, "UnknownError");
  EXPECT_EQ(parse_error_document("<Error><Code>C</Code><Message/><Region>r</Region></Error>")->region, "r");
}

}  // namespace
}  // namespace peo::source::s3
