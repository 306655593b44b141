// Listings of S3 servers are parsed as they are written, and untrustworthy ones are refused.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "source/s3/list_objects.hpp"

namespace peo::source::s3 {
namespace {

std::string contents(const std::string& key, const std::string& rest = "<ETag>\"e\"</ETag><Size>1</Size>",
                     const std::string& time = "2022-09-22T09:58:53.123Z") {
  return "<Contents><Key>" + key + "</Key><LastModified>" + time + "</LastModified>" + rest + "</Contents>";
}

std::string listing(const std::string& inside) {
  return R"(<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" +
         inside + "</ListBucketResult>";
}

TEST(S3Listing, ReadsObjectsFoldersAndTheToken) {
  const auto page = parse_listing(
      listing("<Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>a/+b "
              "=</NextContinuationToken>" +
              contents("a/1.csv.gz", "<ETag>&quot;0f-2&quot;</ETag><Size>5497558138880</Size>") +
              contents("a/2.csv.gz", "<ETag>plain</ETag><Size>0</Size>", "2022-09-22T09:58:53Z") +
              "<CommonPrefixes><Prefix>a/x/</Prefix></CommonPrefixes>"
              "<CommonPrefixes><Prefix>a/y/</Prefix></CommonPrefixes>"),
      "server");
  ASSERT_EQ(page.objects.size(), 2U);
  EXPECT_EQ(page.objects[0].key, "a/1.csv.gz");
  EXPECT_EQ(page.objects[0].etag, "0f-2");
  EXPECT_EQ(page.objects[0].size, 5497558138880U);
  EXPECT_EQ(page.objects[0].last_modified.time_since_epoch().count(), 1663840733123000);
  EXPECT_EQ(page.objects[1].etag, "plain");
  EXPECT_EQ(page.objects[1].last_modified.time_since_epoch().count(), 1663840733000000);
  EXPECT_EQ(page.prefixes, (std::vector<std::string>{"a/x/", "a/y/"}));
  EXPECT_EQ(page.next, "a/+b =");
}

TEST(S3Listing, DecodesKeysOnlyWhenTheServerSaysSo) {
  const auto raw = parse_listing(listing(contents("a+b%41&amp;&lt;c")), "server");
  EXPECT_EQ(raw.objects.at(0).key, "a+b%41&<c");
  const auto encoded =
      parse_listing(listing("<EncodingType>url</EncodingType>" + contents("a%2Fb+c%2Bd%20%E8%AE%A2%25%zz%4") +
                            "<CommonPrefixes><Prefix>a%2Fb+/</Prefix></CommonPrefixes>"),
                    "server");
  EXPECT_EQ(encoded.objects.at(0).key, "a/b c+d 订%%zz%4");
  EXPECT_EQ(encoded.prefixes.at(0), "a/b /");
}

TEST(S3Listing, KeepsKeysOfNothingButBlanks) {
  EXPECT_EQ(parse_listing(listing(contents(" ")), "server").objects.at(0).key, " ");
}

TEST(S3Listing, TakesOtherNamespacePrefixes) {
  const auto page = parse_listing(
      "<s3:ListBucketResult "
      "xmlns:s3=\"x\"><s3:Contents><s3:Key>k</s3:Key><s3:Size>1</s3:Size><s3:ETag>e</s3:ETag>"
      "<s3:LastModified>2022-09-22T09:58:53Z</s3:LastModified></s3:Contents></s3:ListBucketResult>",
      "server");
  EXPECT_EQ(page.objects.at(0).key, "k");
}

TEST(S3Listing, IsEmptyWhenNothingIsThere) {
  const auto page = parse_listing(listing("<IsTruncated>false</IsTruncated>"), "server");
  EXPECT_TRUE(page.objects.empty());
  EXPECT_EQ(page.next, "");
}

void expect_error(const std::string& xml, ExitCode code, const std::string& text) {
  SCOPED_TRACE(xml);
  try {
    parse_listing(xml, "http://server");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), code);
    EXPECT_NE(error.describe().find(text), std::string::npos) << error.describe();
    EXPECT_NE(error.describe().find("http://server"), std::string::npos) << error.describe();
  }
}

TEST(S3Listing, RefusesWhatItCantTrust) {
  const auto bad = ExitCode::Configuration;
  expect_error("<html><body>Welcome</body></html>", bad, "starts with \"<html>");
  expect_error("", bad, "starts with");
  expect_error("{\"json\": true}", bad, "json");
  expect_error(listing("<IsTruncated>true</IsTruncated>" + contents("k")), bad, "no continuation token");
  expect_error(listing(contents("b") + contents("a")), bad, "b is not before a");
  expect_error(listing(contents("a") + contents("a")), bad, "not before");
  expect_error(listing(contents("k", "<ETag>e</ETag><Size>-1</Size>")), bad, "size \"-1\"");
  expect_error(listing(contents("k", "<ETag>e</ETag>")), bad, "size \"\"");
  expect_error(listing(contents("k", "<Size>1</Size>")), bad, "k has no ETag");
  expect_error(listing(contents("")), bad, "no key");
  expect_error(listing(contents("k", "<ETag>e</ETag><Size>1</Size>", "yesterday")), bad, "yesterday");
  const auto whole = listing(contents("k"));
  expect_error(whole.substr(0, whole.size() - 30), ExitCode::TryAgain, "truncated");
}

TEST(S3Listing, ReadsTimesWithAndWithoutDecimals) {
  const auto micros = [](const std::string& text) { return parse_time(text)->time_since_epoch().count(); };
  EXPECT_EQ(micros("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(micros("1970-01-01T00:00:01.5Z"), 1'500'000);
  EXPECT_EQ(micros("1970-01-01T00:00:01.123456789Z"), 1'123'456);
  EXPECT_EQ(micros("1970-01-01T00:00:01+00:00"), 1'000'000);
  EXPECT_FALSE(parse_time("1970-01-01"));
  EXPECT_FALSE(parse_time("1970-02-30T00:00:00Z"));
  EXPECT_FALSE(parse_time("1970-01-01T24:00:00Z"));
  EXPECT_FALSE(parse_time("1970-01-01T00:00:00+01:00"));
}

}  // namespace
}  // namespace peo::source::s3
