// An endpoint and a bucket name give the right URL and region, for every style of address.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "source/s3/endpoint.hpp"

namespace peo::source::s3 {
namespace {

TEST(S3Endpoint, ReadsTheRegionFromHostNames) {
  EXPECT_EQ(region_of_host("s3.eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_host("s3-eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_host("s3.dualstack.eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_host("s3-fips.us-gov-west-1.amazonaws.com"), "us-gov-west-1");
  EXPECT_EQ(region_of_host("s3-fips.dualstack.us-east-2.amazonaws.com"), "us-east-2");
  EXPECT_EQ(region_of_host("s3.cn-north-1.amazonaws.com.cn"), "cn-north-1");
  EXPECT_EQ(region_of_host("bucket.s3.eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_host("my.bucket.s3-eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_host("s3.s3.eu-west-1.amazonaws.com"), "eu-west-1");
  EXPECT_EQ(region_of_host("bucket.vpce-1a2b-5e6f.s3.us-east-1.vpce.amazonaws.com"), "us-east-1");
  EXPECT_EQ(region_of_host("s3-external-1.amazonaws.com"), "us-east-1");
  EXPECT_EQ(region_of_host("s3.amazonaws.com"), "");
  EXPECT_EQ(region_of_host("bucket.s3.amazonaws.com"), "");
  EXPECT_EQ(region_of_host("ec2.eu-west-1.amazonaws.com"), "");
  EXPECT_EQ(region_of_host("amazonaws.com"), "");
  EXPECT_EQ(region_of_host("s3.evilamazonaws.com"), "");
  EXPECT_EQ(region_of_host("s3.eu-central-1.example.com"), "eu-central-1");
  EXPECT_EQ(region_of_host("s3.us-west-004.example.com"), "us-west-004");
  EXPECT_EQ(region_of_host("s3.example.com"), "");
  EXPECT_EQ(region_of_host("127.0.0.1"), "");
}

struct Case {
  std::string endpoint, bucket, region;
  Style style;
  std::string url;  // scheme, authority and path of the key "k"
  std::string known_region;
};

TEST(S3Endpoint, PutsTheBucketInItsPlace) {
  const Case cases[] = {
      {"", "bucket", "eu-west-1", Style::Auto, "https://bucket.s3.eu-west-1.amazonaws.com/k", "eu-west-1"},
      {"", "bucket", "", Style::Auto, "https://bucket.s3.us-east-1.amazonaws.com/k", ""},
      {"", "bucket", "cn-north-1", Style::Auto, "https://bucket.s3.cn-north-1.amazonaws.com.cn/k",
       "cn-north-1"},
      {"", "bucket", "eu-west-1", Style::Path, "https://s3.eu-west-1.amazonaws.com/bucket/k", "eu-west-1"},
      {"", "my.bucket", "eu-west-1", Style::Auto, "https://s3.eu-west-1.amazonaws.com/my.bucket/k",
       "eu-west-1"},
      {"", "My_Bucket", "eu-west-1", Style::Auto, "https://s3.eu-west-1.amazonaws.com/My_Bucket/k",
       "eu-west-1"},
      {"s3.amazonaws.com", "bucket", "", Style::Auto, "https://bucket.s3.amazonaws.com/k", ""},
      {"https://s3-eu-west-1.amazonaws.com/", "bucket", "", Style::Auto,
       "https://bucket.s3-eu-west-1.amazonaws.com/k", "eu-west-1"},
      {"http://s3.eu-west-1.amazonaws.com", "my.bucket", "", Style::Auto,
       "http://my.bucket.s3.eu-west-1.amazonaws.com/k", "eu-west-1"},
      {"bucket.s3.eu-west-1.amazonaws.com", "bucket", "", Style::Auto,
       "https://bucket.s3.eu-west-1.amazonaws.com/k", "eu-west-1"},
      {"bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", "bucket", "", Style::Auto,
       "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com/bucket/k", "us-east-1"},
      {"http://127.0.0.1:9000", "bucket", "", Style::Auto, "http://127.0.0.1:9000/bucket/k", ""},
      {"HTTP://LocalHost:9000/", "bucket", "", Style::Auto, "http://localhost:9000/bucket/k", ""},
      {"http://minio.example:80", "bucket", "x-1", Style::Virtual, "http://bucket.minio.example/k", "x-1"},
      {"https://[::1]:9000", "bucket", "", Style::Auto, "https://[::1]:9000/bucket/k", ""},
      {"minio.example:443", "bucket", "", Style::Auto, "https://minio.example/bucket/k", ""},
      {"https://bucket.s3.eu-central-1.example.com", "bucket", "", Style::Auto,
       "https://bucket.s3.eu-central-1.example.com/k", "eu-central-1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.endpoint + " " + c.bucket);
    const Endpoint endpoint(c.endpoint, c.bucket, c.region, c.style);
    EXPECT_EQ(endpoint.scheme() + "://" + endpoint.authority() + endpoint.path_of("k"), c.url);
    EXPECT_EQ(endpoint.region(), c.known_region);
  }
}

TEST(S3Endpoint, EncodesKeysButKeepsTheirSlashes) {
  const Endpoint endpoint("http://h", "b", "", Style::Auto);
  EXPECT_EQ(endpoint.path_of("a//b/../c d+%=ü"), "/b/a//b/../c%20d%2B%25%3D%C3%BC");
  EXPECT_EQ(endpoint.path_of(""), "/b");
  EXPECT_EQ(Endpoint("", "bbb", "", Style::Auto).path_of(""), "/");
}

TEST(S3Endpoint, GoesToAnotherRegionOnlyWithinItsFamily) {
  const auto moved = [](const std::string& endpoint) {
    return Endpoint(endpoint, "bucket", "", Style::Path).in_region("ap-south-1").authority();
  };
  EXPECT_EQ(moved(""), "s3.ap-south-1.amazonaws.com");
  EXPECT_EQ(moved("s3.amazonaws.com"), "s3.ap-south-1.amazonaws.com");
  EXPECT_EQ(moved("s3-eu-west-1.amazonaws.com"), "s3.ap-south-1.amazonaws.com");
  EXPECT_EQ(moved("s3.dualstack.eu-west-1.amazonaws.com"), "s3.dualstack.ap-south-1.amazonaws.com");
  EXPECT_EQ(moved("http://127.0.0.1:9000"), "127.0.0.1:9000");
  EXPECT_EQ(moved("vpce-1.s3.us-east-1.vpce.amazonaws.com"), "vpce-1.s3.us-east-1.vpce.amazonaws.com");
}

TEST(S3Endpoint, RefusesWhatCantWorkWithoutShowingSecrets) {
  const auto message = [](const std::string& endpoint, const std::string& bucket, const std::string& region,
                          Style style) -> std::string {
    try {
      const Endpoint unused(endpoint, bucket, region, style);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
      return error.describe();
    }
    return "";
  };
  EXPECT_NE(message("s3://x", "b", "", Style::Auto).find("https:// or http://"), std::string::npos);
  const auto with_password = message("https://user:hunter2@h", "b", "", Style::Auto);
  EXPECT_NE(with_password.find("password"), std::string::npos);
  EXPECT_EQ(with_password.find("hunter2"), std::string::npos);
  EXPECT_NE(message("https://h/bucket", "b", "", Style::Auto).find("bucket_name"), std::string::npos);
  EXPECT_NE(message("https://h:0", "b", "", Style::Auto).find("port"), std::string::npos);
  EXPECT_NE(message("https://h:99999", "b", "", Style::Auto).find("port"), std::string::npos);
  EXPECT_NE(message("https://h h", "b", "", Style::Auto).find("host"), std::string::npos);
  EXPECT_NE(message("https://", "b", "", Style::Auto).find("host"), std::string::npos);
  EXPECT_NE(message("", "", "", Style::Auto).find("bucket_name is missing"), std::string::npos);
  EXPECT_NE(message("", "a/b", "", Style::Auto).find("bucket_path"), std::string::npos);
  EXPECT_NE(message("", "..", "", Style::Auto).find("bucket"), std::string::npos);
  EXPECT_NE(message("", "b", "eu west", Style::Auto).find("bucket_region"), std::string::npos);
  EXPECT_NE(message("http://h", "My_Bucket", "", Style::Virtual).find("bucket_style=path"),
            std::string::npos);
}

}  // namespace
}  // namespace peo::source::s3
