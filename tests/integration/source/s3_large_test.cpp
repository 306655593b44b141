// Sizes, offsets and keys at S3's limits: no 32 bits anywhere on the way from a listing to a Range.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "s3_test_support.hpp"
#include "support/fake_s3.hpp"

namespace peo::source::s3 {
namespace {

using test::FakeAnswer;
using test::FakeRequest;
using test::FakeS3;

constexpr std::uint64_t GiB = std::uint64_t{1024} * 1024 * 1024;

S3Options large_options(const FakeS3& server) {
  S3Options options;
  options.endpoint = server.endpoint();
  options.access_key_id = "id";
  options.secret_access_key = "key";
  options.bucket = "trades";
  return options;
}

TEST(S3Large, AListing) {
  const std::string key(1023, 'k');
  const std::uint64_t sizes[] = {4 * GiB - 1, 4 * GiB, 5 * GiB + 1, 5 * 1024 * GiB};
  std::string items;
  for (std::size_t i = 0; i < 4; ++i) {
    items += fmt::format(
        "<Contents><Key>{}{}</Key><LastModified>2022-09-22T09:58:53.000Z</LastModified><ETag>\"e\"</ETag>"
        "<Size>{}</Size></Contents>",
        key, i, sizes[i]);
  }
  FakeS3 server([&](const FakeRequest&) {
    FakeAnswer answer;
    answer.body = "<ListBucketResult>" + items + "</ListBucketResult>";
    return answer;
  });
  S3Source source(large_options(server));
  const auto page = source.list({});
  ASSERT_EQ(page.objects.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(page.objects[i].key, key + std::to_string(i));
    EXPECT_EQ(page.objects[i].size, sizes[i]);
  }
}

// From beyond 4 GiB: the Range, what the answer must be, and how much of it is missing when it is cut.
TEST(S3Large, ReadingOn) {
  ObjectInfo object;
  object.key = "k";
  object.etag = "e";
  object.size = 6 * GiB;
  const std::uint64_t from = 5 * GiB + 7;
  FakeS3 server([&](const FakeRequest& request) {
    FakeAnswer answer;
    EXPECT_EQ(request.headers.at("range"), fmt::format("bytes={}-", from));
    answer.status = 206;
    answer.headers = {{"ETag", "\"e\""},
                      {"Content-Range", fmt::format("bytes {}-{}/{}", from, object.size - 1, object.size)}};
    answer.body = "the rest";
    answer.length = object.size - from;
    answer.cut_after = answer.body.size();
    return answer;
  });
  S3Source source(large_options(server));
  const auto stream = source.open(object, from);
  std::string got;
  const auto cut = error_of([&] {
    std::string buffer(3, '\0');
    while (const auto count = stream->read(buffer)) got.append(buffer, 0, count);
  });
  EXPECT_EQ(got, "the rest");
  EXPECT_EQ(cut.kind(), ErrorKind::Retry) << cut.describe();
}

// An answer that begins 4 GiB earlier is not taken for the right one.
TEST(S3Large, TheWrongPlace) {
  ObjectInfo object;
  object.key = "k";
  object.etag = "e";
  object.size = 6 * GiB;
  FakeS3 server([&](const FakeRequest&) {
    FakeAnswer answer;
    answer.status = 206;
    answer.headers = {{"ETag", "\"e\""},
                      {"Content-Range", fmt::format("bytes 7-{}/{}", object.size - 1, object.size)}};
    answer.length = object.size - 7;
    answer.cut_after = 0;
    return answer;
  });
  S3Source source(large_options(server));
  error_of([&] {
    std::string buffer(3, '\0');
    const auto stream = source.open(object, 4 * GiB + 7);
    stream->read(buffer);
  });
}

}  // namespace
}  // namespace peo::source::s3
