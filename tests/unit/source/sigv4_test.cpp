// Signatures equal those of botocore and of the AWS documentation.
#include "source/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "source/s3/list_objects.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace peo::source::s3 {
namespace {

// Made by AWS's own client library: see sigv4_vectors.py.
nlohmann::json vectors() {
  const auto file = test::source_dir() / "tests/unit/source/sigv4_vectors.json";
  return nlohmann::json::parse(test::read_file(file));
}

Time moment(const std::string& amz) {
  return *parse_time(amz.substr(0, 4) + "-" + amz.substr(4, 2) + "-" + amz.substr(6, 5) + ":" +
                     amz.substr(11, 2) + ":" + amz.substr(13, 2) + "Z");
}

TEST(SigV4, SignsWhatBotocoreSigns) {
  const auto file = vectors();
  Credentials keys{file["access_key_id"], file["secret_access_key"], ""};
  ASSERT_GE(file["vectors"].size(), 15U);
  for (const auto& vector : file["vectors"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    keys.session_token = vector["session_token"];
    Signable request;
    request.path = "/" + uri_encoded(vector["key"].get<std::string>(), true);
    request.query = canonical_query(vector["query"].get<Query>());
    request.headers = vector["headers"].get<Headers>();
    request.headers["host"] = vector["host"];
    const Time time = moment(vector["time"]);
    const std::string region = vector["region"];
    Signable whole = request;
    sign(whole, time, region, keys);
    EXPECT_EQ(whole.headers.at("authorization"), vector["authorization"]);
    whole.headers.erase("authorization");
    EXPECT_EQ(canonical_request(whole), vector["canonical_request"]);
    EXPECT_EQ(string_to_sign(whole, time, region), vector["string_to_sign"]);
    EXPECT_EQ(signature(whole, time, region, keys.secret_access_key), vector["signature"]);
  }
}

// The example of AWS's documentation for a GET with a Range.
TEST(SigV4, SignsTheDocumentedExample) {
  Signable request;
  request.path = "/test.txt";
  request.headers = {{"host", "examplebucket.s3.amazonaws.com"}, {"range", "bytes=0-9"}};
  sign(request, moment("20130524T000000Z"), "us-east-1",
       {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""});
  EXPECT_EQ(request.headers.at("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, LeavesAnAnonymousRequestAlone) {
  Signable request;
  request.headers = {{"host", "h"}};
  sign(request, moment("20130524T000000Z"), "us-east-1", {});
  EXPECT_EQ(request.headers, (Headers{{"host", "h"}}));
}

TEST(SigV4, CollapsesBlanksInHeaderValues) {
  Signable request;
  request.path = "/";
  request.headers = {{"host", "h"}, {"x-amz-a", "  a   b "}};
  EXPECT_NE(canonical_request(request).find("x-amz-a:a b\n"), std::string::npos);
}

}  // namespace
}  // namespace peo::source::s3
