// SOURCE accepts buckets and local directories, quoted as libpq quotes, and explains what it refuses.
#include "config/source_settings.hpp"

#include <gmock/gmock.h>

#include "support/temp_dir.hpp"

namespace peo::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SourceSettings parsed_source(std::string_view text) {
  Problems problems;
  auto source = read_source(text, problems);
  EXPECT_THAT(problems.texts(), IsEmpty()) << text;
  return source;
}

std::vector<std::string> source_problems(std::string_view text) {
  Problems problems;
  read_source(text, problems);
  return problems.texts();
}

TEST(SourceSettings, ABucketWithEverything) {
  const auto source = parsed_source(
      "bucket_endpoint=http://127.0.0.1:8080/ bucket_id=an-id bucket_key=a+/key= bucket_name=name "
      "bucket_path=/data/ "
      "bucket_region=eu-central-1 bucket_session_token=token== bucket_style=PATH "
      "bucket_request_payer=requester");
  EXPECT_TRUE(source.requester_pays);
  EXPECT_EQ(source.kind, SourceKind::S3);
  EXPECT_EQ(source.endpoint, "http://127.0.0.1:8080");
  EXPECT_EQ(source.access_key_id, "an-id");
  EXPECT_EQ(source.secret_key, "a+/key=");
  EXPECT_EQ(source.bucket_name, "name");
  EXPECT_EQ(source.path, "data");
  EXPECT_EQ(source.region, "eu-central-1");
  EXPECT_EQ(source.session_token, "token==");
  EXPECT_EQ(source.style, BucketStyle::Path);
  EXPECT_EQ(source.display(), "s3://name/data at http://127.0.0.1:8080");
}

TEST(SourceSettings, Amazon) {
  const auto source = parsed_source("bucket_name=name");
  EXPECT_FALSE(source.requester_pays);
  EXPECT_EQ(source.kind, SourceKind::S3);
  EXPECT_EQ(source.endpoint, "");
  EXPECT_EQ(source.path, "");
  EXPECT_EQ(source.style, BucketStyle::Auto);
  EXPECT_EQ(source.display(), "s3://name at Amazon S3");
  EXPECT_EQ(parsed_source("bucket_name=name bucket_style=virtual").style, BucketStyle::Virtual);
}

TEST(SourceSettings, Uris) {
  const auto bucket = parsed_source("s3://name/data/dms/");
  EXPECT_EQ(bucket.kind, SourceKind::S3);
  EXPECT_EQ(bucket.bucket_name, "name");
  EXPECT_EQ(bucket.path, "data/dms");
  EXPECT_EQ(bucket.access_key_id, "");
  EXPECT_EQ(parsed_source("s3://name").path, "");
  EXPECT_EQ(parsed_source("s3://name/a b").path, "a b");
  for (const char* wrong : {"s3://name/data?region=eu", "s3://id:key@name/data", "s3://name/x bucket_key=y"})
    EXPECT_THAT(source_problems(wrong), ElementsAre(HasSubstr("AWS_REGION"))) << wrong;
  EXPECT_THAT(source_problems("s3:///data"), ElementsAre(HasSubstr("the bucket's name only")));

  const test::TempDir directory;
  const auto spaced = directory / "a b";
  std::filesystem::create_directory(spaced);
  const auto local = parsed_source("file://" + directory.path().string() + "/a%20b");
  EXPECT_EQ(local.kind, SourceKind::Directory);
  EXPECT_EQ(local.directory, spaced);
  EXPECT_THAT(source_problems("file:///nowhere/at/all"),
              ElementsAre(HasSubstr("is not a directory on this machine")));
  for (const char* wrong : {"file://here", "file:///a%2"})
    EXPECT_THAT(source_problems(wrong), ElementsAre(HasSubstr("three slashes"))) << wrong;
}

TEST(SourceSettings, QuotesAsLibpq) {
  const auto source = parsed_source(
      "\t bucket_name = 'name'\n bucket_id= 'id' bucket_key ='it\\'s a \\\\ key' bucket_path=with\\ space "
      "bucket_region=''");
  EXPECT_EQ(source.bucket_name, "name");
  EXPECT_EQ(source.secret_key, "it's a \\ key");
  EXPECT_EQ(source.path, "with space");
  EXPECT_EQ(source.region, "");
  EXPECT_EQ(parsed_source("bucket_name=name bucket_id=i bucket_key=it's").secret_key, "it's");
}

TEST(SourceSettings, Endpoints) {
  EXPECT_EQ(parsed_source("bucket_name=name bucket_endpoint=s3.example.com").endpoint,
            "https://s3.example.com");
  EXPECT_EQ(parsed_source("bucket_name=name bucket_endpoint=localhost:9000").endpoint,
            "https://localhost:9000");
  EXPECT_EQ(parsed_source("bucket_name=name bucket_endpoint=HTTP://[::1]:9000").endpoint,
            "http://[::1]:9000");
  const std::pair<const char*, const char*> wrong[] = {{"https://h/path", "bucket_path"},
                                                       {"https://h//", "bucket_path"},
                                                       {"https://u:p@h", "bucket_id"},
                                                       {"https://h?x=1", "not contain a query"},
                                                       {"https://h#x", "not contain a query"},
                                                       {"ftp://h", "http:// or https://"},
                                                       {"s3://name", "http://"},
                                                       {"https://", "host name"},
                                                       {"https://h:0", "host name"},
                                                       {"https://h:99999", "host name"},
                                                       {"h:x", "host name"}};
  for (const auto& [endpoint, text] : wrong) {
    EXPECT_THAT(source_problems(std::string("bucket_name=name bucket_endpoint=") + endpoint),
                ElementsAre(testing::AllOf(HasSubstr("bucket_endpoint"), HasSubstr(text))))
        << endpoint;
  }
  EXPECT_THAT(source_problems("bucket_name=name bucket_endpoint='https://h h'"),
              ElementsAre(HasSubstr("host name")));
}

TEST(SourceSettings, AFolder) {
  const test::TempDir directory;
  const auto source = parsed_source("bucket_path='" + directory.path().string() + "'");
  EXPECT_EQ(source.kind, SourceKind::Directory);
  EXPECT_EQ(source.directory, directory.path());
  EXPECT_EQ(source.display(), "directory " + directory.path().string());
  EXPECT_EQ(parsed_source("bucket_path=.").directory, ".");
  EXPECT_THAT(source_problems("bucket_path=" + (directory / "absent").string()),
              ElementsAre(HasSubstr("not a directory")));
  test::write_file(directory / "file", "x");
  EXPECT_THAT(source_problems("bucket_path=" + (directory / "file").string()),
              ElementsAre(HasSubstr("not a directory")));
  EXPECT_THAT(source_problems("bucket_path=''"),
              ElementsAre(HasSubstr("neither bucket_name nor bucket_path")));
  EXPECT_THAT(source_problems("bucket_path=. bucket_id=i bucket_key=k"),
              ElementsAre(HasSubstr("neither bucket_name")));
}

TEST(SourceSettings, UnknownKeysListTheKnownOnes) {
  const auto problems = source_problems("bucket_name=name colour=blue bucket_pth=x Bucket_Region=y");
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_THAT(problems[0], HasSubstr("unknown key \"colour\""));
  EXPECT_THAT(problems[1], HasSubstr("\"bucket_pth\", did you mean bucket_path?"));
  EXPECT_THAT(problems[2], HasSubstr("\"Bucket_Region\", did you mean bucket_region?"));
  for (const auto& problem : problems) {
    for (const char* key :
         {"bucket_endpoint", "bucket_id", "bucket_key", "bucket_name", "bucket_path", "bucket_region",
          "bucket_request_payer", "bucket_session_token", "bucket_style"}) {
      EXPECT_THAT(problem, HasSubstr(key));
    }
  }
}

TEST(SourceSettings, WrongCombinationsAndValues) {
  const std::pair<const char*, const char*> wrong[] = {
      {"bucket_name=name bucket_id=i", "bucket_id is set without bucket_key"},
      {"bucket_name=name bucket_key=k", "bucket_key is set without bucket_id"},
      {"bucket_name=name bucket_session_token=t", "bucket_session_token is set without"},
      {"bucket_endpoint=https://h", "without bucket_name"},
      {"bucket_name=ab", "3 to 63"},
      {"bucket_name=a/bc", "without a slash"},
      {"bucket_name='a bc'", "3 to 63"},
      {"bucket_name=name bucket_style=dns", "auto, path or virtual"},
      {"bucket_name=name bucket_request_payer=me", "bucket_request_payer is \"me\"; expected requester"},
      {"bucket_name=name bucket_region=eu/x", "bucket_region"},
      {"bucket_name=name bucket_name=name", "bucket_name is set twice"},
      {"bucket_name=name bucket_id='a b' bucket_key=k", "bucket_id contains a space"},
      {"bucket_name=name bucket_id= bucket_key=k", "another keyword=value"},
      {"bucket_name='name", "quotes"},
      {"bucket_name='name'x", "closing quote"},
      {"bucket_name=name\\", "backslash"},
      {"bucket_name", "word 1 has no \"=\""},
      {"bucket_name=name s3", "word 2 has no \"=\""},
      {"\"bucket_name=name\"", "double quotes"},
      {"=x", "unknown key"}};
  for (const auto& [text, problem] : wrong) {
    EXPECT_THAT(source_problems(text), ElementsAre(HasSubstr(problem))) << text;
  }
  EXPECT_THAT(source_problems("bucket_name=" + std::string(64, 'a')), ElementsAre(HasSubstr("3 to 63")));
}

TEST(SourceSettings, AllProblemsAtOnce) {
  EXPECT_EQ(
      source_problems("bucket_name=a bucket_endpoint=ftp://h bucket_id=i bucket_style=x bucket_region=/")
          .size(),
      5U);
}

}  // namespace
}  // namespace peo::config
