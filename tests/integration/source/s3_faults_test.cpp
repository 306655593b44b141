// Against a server that does what servers should not.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "s3_test_support.hpp"
#include "support/fake_s3.hpp"

namespace peo::source::s3 {
namespace {

using std::chrono::milliseconds;
using test::FakeAnswer;
using test::FakeRequest;
using test::FakeS3;

S3Options options_for(const std::string& endpoint) {
  S3Options options;
  options.endpoint = endpoint;
  options.access_key_id = "id";
  options.secret_access_key = "the/secret+key";
  options.session_token = "the/session+token";
  options.bucket = "trades";
  options.path = "data";
  return options;
}

std::string listing(const std::vector<std::string>& keys, const std::string& more = "") {
  std::string xml = "<ListBucketResult>" + more;
  for (const auto& key : keys) {
    xml += "<Contents><Key>" + key +
           "</Key><LastModified>2022-09-22T09:58:53.000Z</LastModified><ETag>\"e\"</ETag><Size>10</Size></"
           "Contents>";
  }
  return xml + "</ListBucketResult>";
}

std::string error_document(const std::string& code, const std::string& more = "") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>It is so.</Message>" + more +
         "<RequestId>REQ1</RequestId></Error>";
}

FakeAnswer answer(int status, std::string body, std::map<std::string, std::string> headers = {}) {
  FakeAnswer made;
  made.status = status;
  made.body = std::move(body);
  made.headers = std::move(headers);
  return made;
}

ObjectInfo ten_bytes() {
  ObjectInfo object;
  object.key = "k";
  object.etag = "e";
  object.size = 10;
  return object;
}

Error list_error(const FakeAnswer& only) {
  FakeS3 server(std::vector<FakeAnswer>{only});
  S3Source source(options_for(server.endpoint()));
  auto error = error_of([&] { source.list({}); });
  EXPECT_EQ(error.describe().find("the/se"), std::string::npos) << error.describe();
  EXPECT_NE(error.describe().find(server.endpoint()), std::string::npos) << error.describe();
  return error;
}

TEST(S3Faults, BacksOffWhenTheServerSaysSo) {
  const auto slow = list_error(answer(503, error_document("SlowDown")));
  EXPECT_EQ(slow.kind(), ErrorKind::Retry);
  EXPECT_NE(slow.describe().find("SlowDown: It is so (request REQ1)"), std::string::npos) << slow.describe();
  EXPECT_EQ(list_error(answer(429, "")).kind(), ErrorKind::Retry);
  EXPECT_EQ(list_error(answer(502, "<html>Bad Gateway</html>")).kind(), ErrorKind::Retry);
  FakeAnswer rude;
  rude.hang_up = true;
  EXPECT_EQ(list_error(rude).kind(), ErrorKind::Retry);
  auto cut = answer(200, listing({"data/a"}));
  cut.cut_after = 30;
  EXPECT_EQ(list_error(cut).kind(), ErrorKind::Retry);
}

TEST(S3Faults, KnowsWhatIsNoS3Server) {
  const auto page =
      list_error(answer(200, "<html><body>Welcome</body></html>", {{"Content-Type", "text/html"}}));
  EXPECT_EQ(page.exit_code(), ExitCode::Configuration);
  EXPECT_NE(page.describe().find("Welcome"), std::string::npos) << page.describe();
  EXPECT_NE(page.describe().find("bucket_endpoint"), std::string::npos) << page.describe();
  EXPECT_EQ(list_error(answer(404, "<html>Not here</html>")).exit_code(), ExitCode::Configuration);
  EXPECT_EQ(list_error(answer(403, "<html>the/session+token</html>")).exit_code(),
            ExitCode::PermissionDenied);
  EXPECT_EQ(list_error(answer(200, "")).exit_code(), ExitCode::Configuration);
}

TEST(S3Faults, TakesAnErrorInsideA200AsAnError) {
  EXPECT_EQ(list_error(answer(200, error_document("InternalError"))).kind(), ErrorKind::Retry);
  EXPECT_EQ(list_error(answer(200, error_document("AccessDenied"))).exit_code(), ExitCode::PermissionDenied);
  EXPECT_EQ(list_error(answer(200, error_document("NoSuchBucket"))).exit_code(), ExitCode::Configuration);
}

TEST(S3Faults, ReadsNoMoreOfAnErrorThanItNeeds) {
  std::string page;
  page.resize(20'000'000, 'x');
  const auto huge = list_error(answer(403, page));
  EXPECT_EQ(huge.exit_code(), ExitCode::PermissionDenied);
  EXPECT_LT(huge.describe().size(), 1000U);
}

std::string more(const std::string& token) {
  return "<IsTruncated>true</IsTruncated><NextContinuationToken>" + token + "</NextContinuationToken>";
}

TEST(S3Faults, StopsAtAListingThatCantBeFollowed) {
  const auto no_token = list_error(answer(200, listing({"data/a"}, "<IsTruncated>true</IsTruncated>")));
  EXPECT_EQ(no_token.exit_code(), ExitCode::Configuration);
  EXPECT_NE(no_token.describe().find("no continuation token"), std::string::npos);
  EXPECT_NE(list_error(answer(200, listing({"other/a"}))).describe().find("other/a"), std::string::npos);

  FakeS3 same(std::vector<FakeAnswer>{answer(200, listing({"data/a"}, more("t")))});
  S3Source repeats(options_for(same.endpoint()));
  EXPECT_EQ(repeats.list({}).next, "t");
  EXPECT_NE(error_of([&] { repeats.list({.continuation = "t"}); }).describe().find("cycle"),
            std::string::npos);

  FakeS3 circle(std::vector<FakeAnswer>{answer(200, listing({"data/a"}, more("t1"))),
                                        answer(200, listing({"data/b"}, more("t2"))),
                                        answer(200, listing({"data/a"}, more("t1")))});
  S3Source turns(options_for(circle.endpoint()));
  EXPECT_EQ(turns.list({}).next, "t1");
  EXPECT_EQ(turns.list({.continuation = "t1"}).next, "t2");
  EXPECT_NE(error_of([&] { turns.list({.continuation = "t2"}); }).describe().find("cycle"),
            std::string::npos);
}

// Reads up to `most` pages.
Error endless_error(FakeS3& server, ListRequest request, int most) {
  S3Source source(options_for(server.endpoint()));
  return error_of([&] {
    for (int page = 0; page < most; ++page) request.continuation = source.list(request).next;
  });
}

TEST(S3Faults, EndsAListingThatMakesNoProgress) {
  int token = 0;
  FakeS3 empty([&](const FakeRequest&) { return answer(200, listing({}, more(std::to_string(++token)))); });
  const auto nothing = endless_error(empty, {}, 2000);
  EXPECT_EQ(nothing.exit_code(), ExitCode::Configuration);
  EXPECT_NE(nothing.describe().find("1001 consecutive pages contained nothing new"), std::string::npos)
      << nothing.describe();
  EXPECT_EQ(empty.requests().size(), 1001U);

  // An empty page between them doesn't hide the circle.
  int page = 0;
  FakeS3 circle([&](const FakeRequest&) {
    ++page;
    return answer(200,
                  listing(page % 2 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"data/a"},
                          more(std::to_string(page))));
  });
  EXPECT_NE(endless_error(circle, {}, 10).describe().find("cycle"), std::string::npos);

  // Only keys before those that were asked for.
  int number = 0;
  FakeS3 behind([&](const FakeRequest&) {
    ++number;
    return answer(200, listing({"data/a" + std::to_string(10'000 + number)}, more(std::to_string(number))));
  });
  EXPECT_NE(endless_error(behind, {.start_after = "b"}, 2000).describe().find("nothing new"),
            std::string::npos);
}

// The levels of date prefixes are listed one inside of the other.
TEST(S3Faults, NoticesACircleInNestedListings) {
  FakeS3 server(std::vector<FakeAnswer>{
      answer(200, listing({"data/a"}, more("outer1"))), answer(200, listing({"data/a/1"}, more("inner1"))),
      answer(200, listing({"data/a/2"})), answer(200, listing({"data/a"}, more("outer2")))});
  S3Source source(options_for(server.endpoint()));
  EXPECT_EQ(source.list({}).next, "outer1");
  EXPECT_EQ(source.list({.prefix = "a/"}).next, "inner1");
  EXPECT_EQ(source.list({.prefix = "a/", .continuation = "inner1"}).next, "");
  EXPECT_NE(error_of([&] { source.list({.continuation = "outer1"}); }).describe().find("cycle"),
            std::string::npos);
}

TEST(S3Faults, BoundsWhatAPageHolds) {
  std::string nested;
  for (int i = 0; i < 1'000'000; ++i) nested += "<a>";
  EXPECT_NE(list_error(answer(200, "<ListBucketResult>" + nested)).describe().find("too big for 1,000 keys"),
            std::string::npos);
  EXPECT_NE(list_error(answer(200, std::string(9'000'000, ' '))).describe().find("too big for 1,000 keys"),
            std::string::npos);
  std::vector<std::string> keys;
  for (int i = 0; i < 1001; ++i) keys.push_back("data/" + std::to_string(10'000 + i));
  EXPECT_NE(list_error(answer(200, listing(keys))).describe().find("more than 1,000 keys"),
            std::string::npos);
  keys.pop_back();
  FakeS3 server(std::vector<FakeAnswer>{answer(200, listing(keys))});
  S3Source source(options_for(server.endpoint()));
  EXPECT_EQ(source.list({}).objects.size(), 1000U);
}

TEST(S3Faults, RefusesAFolderThatLiesInItself) {
  for (const char* prefix : {"data/dbo/", "data/dbo/a/b/", "data/dbo/a"}) {
    FakeS3 server(std::vector<FakeAnswer>{answer(
        200, listing({}, std::string("<CommonPrefixes><Prefix>") + prefix + "</Prefix></CommonPrefixes>"))});
    S3Source source(options_for(server.endpoint()));
    EXPECT_NE(error_of([&] { source.list({.prefix = "dbo/", .delimited = true}); })
                  .describe()
                  .find("not a prefix in"),
              std::string::npos)
        << prefix;
  }
}

TEST(S3Faults, HidesSecretsThatTheServerRepeats) {
  auto options = options_for("");
  options.secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  options.session_token = "FwoGZXIvYXdzEXAMPLE";
  const auto& secret = options.secret_access_key;
  const std::string encoded = "wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY";
  const auto entities = "&#119;" + secret.substr(1);
  const auto long_text = std::string(290, 'x') + secret;  // is cut within it
  const std::vector<FakeAnswer> answers = {
      answer(403, "<Error><Code>Access" + secret + "</Code><Message>" + long_text + "</Message><RequestId>" +
                      options.session_token + "</RequestId></Error>"),
      answer(400, "<Error><Code>X</Code><Region>" + secret + "</Region></Error>"),
      answer(400, "", {{"x-amz-bucket-region", options.session_token}}),
      answer(301, "", {{"Location", "https://" + options.session_token + "/"}}),
      answer(302, "<Error><Code>X</Code><Endpoint>" + encoded + "</Endpoint></Error>"),
      answer(403, "", {{"x-amz-request-id", encoded}}),
      answer(418, "teapot " + secret),
      answer(200, "<Error><Code>AccessDenied</Code><Message>" + entities + "</Message></Error>"),
      answer(200, secret),
      answer(200, listing({"data/" + secret})),
      answer(200, listing({"data/" + entities})),
      answer(200, listing({"other/" + entities})),
      answer(200, listing({"data/" + encoded}, "<EncodingType>url</EncodingType>")),
      answer(200, listing({}, "<CommonPrefixes><Prefix>data/" + entities + "/</Prefix></CommonPrefixes>")),
  };
  for (std::size_t i = 0; i < answers.size(); ++i) {
    FakeS3 server(std::vector<FakeAnswer>{answers[i]});
    options.endpoint = server.endpoint();
    S3Source source(options);
    const auto text = error_of([&] { source.list({}); }).describe();
    for (const auto& part : {std::string("wJalrXUt"), std::string("ENG"), std::string("FwoG")})
      EXPECT_EQ(text.find(part), std::string::npos) << i << ": " << text;
  }
}

TEST(S3Faults, FollowsARedirectToHttpsOnTheSameHostOnly) {
  // Nobody listens there, but that is where it goes.
  const auto redirected = [](const std::string& location) {
    FakeS3 server(std::vector<FakeAnswer>{answer(301, "", {{"Location", location}})});
    S3Source source(options_for(server.endpoint()));
    return error_of([&] { source.list({}); }).describe();
  };
  EXPECT_EQ(redirected("https://127.0.0.1:1/trades").find("https://127.0.0.1:1: "), 0U)
      << redirected("https://127.0.0.1:1/trades");
  for (const char* location :
       {"https://127.0.0.2:1/", "https://127.0.0.1.example.com/", "https://127.0.0.1:1@evil/",
        "http://127.0.0.1:1/", "https://id@127.0.0.1:1/"}) {
    EXPECT_NE(redirected(location).find("HTTP 301"), std::string::npos) << location;
  }
}

TEST(S3Faults, PaysForTheRequestsWhenTold) {
  FakeS3 server(
      std::vector<FakeAnswer>{answer(200, listing({})), answer(403, error_document("AccessDenied"))});
  auto options = options_for(server.endpoint());
  options.requester_pays = true;
  S3Source source(options);
  source.list({});
  EXPECT_EQ(error_of([&] { source.list({}); }).describe().find("request_payer"), std::string::npos);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.headers.at("x-amz-request-payer"), "requester");
  EXPECT_NE(request.headers.at("authorization").find("x-amz-request-payer"), std::string::npos);
  EXPECT_NE(list_error(answer(403, error_document("AccessDenied")))
                .describe()
                .find("bucket_request_payer=requester"),
            std::string::npos);
}

// Google's Cloud Storage decompresses what is stored with Content-Encoding: gzip, unless the request accepts
// gzip.
TEST(S3Faults, AcceptsGzipWhereTheServerWouldDecompress) {
  FakeS3 server([](const FakeRequest& request) {
    const bool accepted = request.headers.contains("accept-encoding");
    auto given = answer(200, accepted ? "0123456789" : "decompressed, and longer",
                        {{"ETag", "\"e\""}, {"x-goog-stored-content-encoding", "gzip"}});
    if (accepted) {
      given.headers["Content-Encoding"] = "gzip";
    } else {
      given.chunked = true;
    }
    return given;
  });
  S3Source source(options_for(server.endpoint()));
  EXPECT_EQ(read_all(*source.open(ten_bytes(), 0)), "0123456789");
  EXPECT_EQ(read_all(*source.open(ten_bytes(), 0)), "0123456789");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);  // it remembers
  EXPECT_EQ(requests.at(1).headers.at("accept-encoding"), "gzip");
  // The server's front end may change that header, so it must not be signed.
  EXPECT_EQ(requests.at(1).headers.at("authorization").find("accept-encoding"), std::string::npos);
}

// Without a Content-Length nothing is known of a body's end before it comes.
TEST(S3Faults, CutsOffABodyThatGoesOn) {
  for (const std::size_t size : {std::size_t{11}, std::size_t{50'000'000}}) {
    auto endless = answer(200, std::string(size, 'x'), {{"ETag", "\"e\""}});
    endless.chunked = true;
    FakeS3 server(std::vector<FakeAnswer>{endless});
    S3Source source(options_for(server.endpoint()));
    const auto stream = source.open(ten_bytes(), 0);
    EXPECT_TRUE(error_of([&] { read_all(*stream, 10); }).is_changed_object()) << size;
  }
}

TEST(S3Faults, SendsOddTokensBackEncoded) {
  const std::string token = "1/a+b c==&x%";
  FakeS3 server(std::vector<FakeAnswer>{
      answer(200, listing({"data/a"},
                          "<IsTruncated>true</IsTruncated><NextContinuationToken>1/a+b c==&amp;x%"
                          "</NextContinuationToken>")),
      answer(200, listing({}))});
  S3Source source(options_for(server.endpoint()));
  const auto page = source.list({.start_after = "0"});
  EXPECT_EQ(page.next, token);
  EXPECT_TRUE(source.list({.start_after = "0", .continuation = page.next}).objects.empty());
  const auto requests = server.requests();
  EXPECT_EQ(requests.at(0).target,
            "/trades?encoding-type=url&list-type=2&max-keys=1000&prefix=data%2F&start-after=data%2F0");
  EXPECT_EQ(
      requests.at(1).target,
      "/trades?continuation-token=1%2Fa%2Bb%20c%3D%3D%26x%25&encoding-type=url&list-type=2&max-keys=1000&"
      "prefix=data%2F");
  EXPECT_EQ(requests.at(0).headers.at("x-amz-security-token"), "the/session+token");
  EXPECT_NE(requests.at(0).headers.at("authorization").find("x-amz-security-token"), std::string::npos);
  EXPECT_EQ(requests.at(0).headers.count("accept-encoding"), 0U);
}

TEST(S3Faults, PassesOverFolderMarkers) {
  // Some servers tell neither size nor ETag of them.
  const std::string marker =
      "<Contents><Key>data/dbo/</Key><LastModified>2022-09-22T09:58:53Z</LastModified><ETag>\"e\"</"
      "ETag><Size>0"
      "</Size></Contents><Contents><Key>data/dbo/orders/</Key></Contents>"
      "<Contents><Key>data/dbo/orders_$folder$</Key></Contents>";
  FakeS3 server(std::vector<FakeAnswer>{answer(200, "<ListBucketResult>" + marker + "</ListBucketResult>")});
  S3Source source(options_for(server.endpoint()));
  EXPECT_TRUE(source.list({}).objects.empty());
}

TEST(S3Faults, GivesWhatCameBeforeACut) {
  auto cut = answer(200, "0123456789", {{"ETag", "\"e\""}});
  cut.cut_after = 4;
  FakeS3 server(std::vector<FakeAnswer>{
      cut, answer(206, "456789", {{"ETag", "\"e\""}, {"Content-Range", "bytes 4-9/10"}})});
  S3Source source(options_for(server.endpoint()));
  auto stream = source.open(ten_bytes(), 0);
  std::string buffer(100, '\0');
  std::string text;
  const auto error = error_of([&] {
    while (const auto got = stream->read(buffer)) text += buffer.substr(0, got);
  });
  EXPECT_EQ(text, "0123");
  EXPECT_EQ(error.kind(), ErrorKind::Retry);
  EXPECT_EQ(read_all(*source.open(ten_bytes(), 4)), "456789");
  EXPECT_EQ(server.requests().at(1).headers.at("range"), "bytes=4-");
  EXPECT_EQ(server.requests().at(1).headers.at("if-match"), "\"e\"");
}

TEST(S3Faults, NoticesABodyThatIsNotTheObject) {
  const auto read_error = [](const FakeAnswer& only, std::uint64_t offset = 0) {
    FakeS3 server(std::vector<FakeAnswer>{only});
    S3Source source(options_for(server.endpoint()));
    auto error = error_of([&] { read_all(*source.open(ten_bytes(), offset)); });
    EXPECT_EQ(error.kind(), ErrorKind::Retry) << error.describe();
    return error.describe();
  };
  EXPECT_NE(read_error(answer(200, "01234")).find("5 bytes early"), std::string::npos);
  EXPECT_NE(read_error(answer(200, "0123456789x")).find("listed"), std::string::npos);
  EXPECT_NE(read_error(answer(200, "0123456789", {{"ETag", "\"other\""}})).find("listed"), std::string::npos);
  EXPECT_NE(
      read_error(answer(206, "23456789", {{"Content-Range", "bytes 2-9/10"}}), 4).find("a different range"),
      std::string::npos);
  const auto gone = read_error(answer(404, error_document("NoSuchKey")));
  EXPECT_NE(gone.find("changed or deleted"), std::string::npos) << gone;
  EXPECT_NE(gone.find("data/k"), std::string::npos) << gone;
}

TEST(S3Faults, CopesWithServersThatIgnoreRangeOrSendChunks) {
  auto chunked = answer(200, "0123456789");
  chunked.chunked = true;
  FakeS3 server(std::vector<FakeAnswer>{answer(200, "0123456789", {{"ETag", "W/\"e\""}}), chunked});
  S3Source source(options_for(server.endpoint()));
  EXPECT_EQ(read_all(*source.open(ten_bytes(), 7)), "789");
  EXPECT_EQ(read_all(*source.open(ten_bytes(), 0), 3), "0123456789");
  EXPECT_EQ(server.connections(), 1U);  // kept and used again
}

TEST(S3Faults, GivesAStalledAnswerUp) {
  auto stalled = answer(200, "0123456789");
  stalled.stall_after = 3;
  FakeS3 server(std::vector<FakeAnswer>{stalled});
  auto options = options_for(server.endpoint());
  options.stall_timeout = milliseconds(150);
  S3Source source(options);
  auto stream = source.open(ten_bytes(), 0);
  const auto error = error_of([&] { read_all(*stream); });
  EXPECT_EQ(error.kind(), ErrorKind::Retry);
  EXPECT_NE(error.describe().find("no data received"), std::string::npos) << error.describe();
}

TEST(S3Faults, GivesATricklingAnswerUp) {
  auto slow = answer(200, std::string(100'000, 'x'));
  slow.pause = milliseconds(10);
  FakeS3 server(std::vector<FakeAnswer>{slow});
  auto options = options_for(server.endpoint());
  options.stall_timeout = milliseconds(300);
  S3Source listed(options);
  const auto listing_error = error_of([&] { listed.list({}); });
  EXPECT_EQ(listing_error.kind(), ErrorKind::Retry);
  EXPECT_NE(listing_error.describe().find("bytes received in"), std::string::npos)
      << listing_error.describe();
  auto object = ten_bytes();
  object.size = slow.body.size();
  EXPECT_EQ(error_of([&] { read_all(*S3Source(options).open(object, 0)); }).kind(), ErrorKind::Retry);
}

TEST(S3Faults, RefusesHeadersWithoutEnd) {
  const auto line = list_error(answer(200, listing({}), {{"x-amz-meta-a", std::string(200'000, 'a')}}));
  EXPECT_EQ(line.exit_code(), ExitCode::Configuration) << line.describe();
  EXPECT_NE(line.describe().find("more than 64 KiB of headers"), std::string::npos) << line.describe();
  std::map<std::string, std::string> many;
  for (int i = 0; i < 2000; ++i) many["x-amz-meta-" + std::to_string(i)] = std::string(50, 'a');
  EXPECT_NE(list_error(answer(200, listing({}), many)).describe().find("more than 64 KiB of headers"),
            std::string::npos);
}

TEST(S3Faults, SendsNoLineBreakFromAServer) {
  FakeS3 server(std::vector<FakeAnswer>{answer(200, "0123456789")});
  S3Source source(options_for(server.endpoint()));
  for (const char* etag : {"e\"\r\nX-Injected: 1\r\nx: \"", "e\nGET / HTTP/1.1", "e\x7f"}) {
    auto object = ten_bytes();
    object.etag = etag;
    const auto error = error_of([&] { source.open(object, 0); });
    EXPECT_NE(error.describe().find("if-match"), std::string::npos) << error.describe();
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(S3Faults, GoesOnAfterAFailedNameLookup) {
  S3Source source(options_for("http://no-such-host.invalid:9"));
  for (int i = 0; i < 3; ++i) {
    const auto error = error_of([&] { source.list({}); });
    EXPECT_EQ(error.kind(), ErrorKind::Retry) << error.describe();
  }
}

TEST(S3Faults, StopsWaitingWhenAskedTo) {
  auto stalled = answer(200, "0123456789");
  stalled.stall_after = 3;
  FakeS3 server(std::vector<FakeAnswer>{stalled});
  Cancellation stop;
  auto options = options_for(server.endpoint());
  options.stop = &stop;
  options.stop_grace = milliseconds(50);
  S3Source source(options);
  auto stream = source.open(ten_bytes(), 0);
  std::thread asker([&stop] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request();
  });
  const auto error = error_of([&] { read_all(*stream); });  // without the stop: a minute
  asker.join();
  EXPECT_EQ(error.kind(), ErrorKind::Retry);
  EXPECT_NE(error.describe().find("stopped"), std::string::npos) << error.describe();
}

TEST(S3Faults, HoldsBackABodyThatNobodyReads) {
  std::string body;
  body.resize(30'000'000, 'x');
  FakeS3 server(std::vector<FakeAnswer>{answer(200, body)});
  S3Source source(options_for(server.endpoint()));
  ObjectInfo object = ten_bytes();
  object.size = body.size();
  auto stream = source.open(object, 0);
  std::string piece(1000, '\0');
  std::uint64_t all = 0;
  for (int i = 0; i < 100; ++i) {
    const auto got = stream->read(piece);
    ASSERT_GT(got, 0U);
    all += got;
    std::this_thread::sleep_for(milliseconds(1));
  }
  while (const auto got = stream->read(piece)) all += got;
  EXPECT_EQ(all, body.size());
}

// The bucket is in us-west-2: a request signed for another region is refused, as `refusal` does it.
std::vector<FakeRequest> requests_to_learn(const FakeAnswer& refusal) {
  FakeS3 server([&refusal](const FakeRequest& request) {
    const bool right = request.headers.at("authorization").find("/us-west-2/s3/") != std::string::npos;
    return right ? answer(200, listing({"data/a"})) : refusal;
  });
  S3Source source(options_for(server.endpoint()));
  EXPECT_EQ(source.list({}).objects.size(), 1U);
  EXPECT_EQ(source.list({}).objects.size(), 1U);
  return server.requests();
}

TEST(S3Faults, LearnsTheRegionOnceAndKeepsIt) {
  EXPECT_EQ(requests_to_learn(
                answer(301, error_document("PermanentRedirect"), {{"x-amz-bucket-region", "us-west-2"}}))
                .size(),
            3U);
  EXPECT_EQ(requests_to_learn(answer(307, "", {{"x-amz-bucket-region", "us-west-2"}})).size(), 3U);
  EXPECT_EQ(requests_to_learn(
                answer(400, error_document("AuthorizationHeaderMalformed", "<Region>us-west-2</Region>")))
                .size(),
            3U);
}

TEST(S3Faults, FollowsNoRedirectToAnotherHost) {
  FakeS3 other([](const FakeRequest&) { return answer(200, listing({})); });
  const auto refused =
      list_error(answer(307, error_document("TemporaryRedirect", "<Endpoint>evil.example</Endpoint>"),
                        {{"Location", other.endpoint() + "/trades"}}));
  EXPECT_EQ(refused.exit_code(), ExitCode::Configuration);
  EXPECT_NE(refused.describe().find("127.0.0.1:" + std::to_string(other.port())), std::string::npos)
      << refused.describe();
  EXPECT_TRUE(other.requests().empty());
  // A server that always finds another region is asked twice, not for ever.
  int asked = 0;
  FakeS3 moody([&asked](const FakeRequest&) {
    return answer(301, "", {{"x-amz-bucket-region", "region-" + std::to_string(++asked)}});
  });
  S3Source source(options_for(moody.endpoint()));
  EXPECT_EQ(error_of([&] { source.list({}); }).exit_code(), ExitCode::Configuration);
  EXPECT_EQ(asked, 2);
}

TEST(S3Faults, AsksAnonymouslyWithoutKeys) {
  FakeS3 server(std::vector<FakeAnswer>{answer(200, listing({}))});
  auto options = options_for(server.endpoint());
  options.access_key_id.clear();
  options.secret_access_key.clear();
  options.session_token.clear();
  S3Source source(options);
  source.list({});
  EXPECT_EQ(server.requests().at(0).headers.count("authorization"), 0U);
  options.access_key_id = "id";
  EXPECT_EQ(error_of([&] { const S3Source unused(options); }).exit_code(), ExitCode::Configuration);
  options.secret_access_key = "line\nbreak";
  const auto broken = error_of([&] { const S3Source unused(options); });
  EXPECT_EQ(broken.exit_code(), ExitCode::Configuration);
  EXPECT_EQ(broken.describe().find("line\nbreak"), std::string::npos);
}

TEST(S3Faults, CountsEveryRequest) {
  FakeS3 server(
      std::vector<FakeAnswer>{answer(503, ""), answer(200, "0123456789"), answer(200, listing({}))});
  auto options = options_for(server.endpoint());
  std::vector<std::string> counted;
  options.on_request = [&counted](std::string_view operation, int status) {
    counted.push_back(std::string(operation) + " " + std::to_string(status));
  };
  S3Source source(options);
  error_of([&] { source.open(ten_bytes(), 0); });
  source.open(ten_bytes(), 0);
  source.list({});
  EXPECT_EQ(counted, (std::vector<std::string>{"GetObject 503", "GetObject 200", "ListObjectsV2 200"}));
}

TEST(S3Faults, SaysWhereItIs) {
  auto options = options_for("");
  options.path = "/data/";
  options.region = "eu-west-1";
  EXPECT_EQ(S3Source(options).describe(), "s3://trades/data at https://s3.eu-west-1.amazonaws.com");
  options.path = "";
  EXPECT_EQ(S3Source(options).describe(), "s3://trades/ at https://s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(S3Source(options).full_key("dbo/x"), "dbo/x");
}

}  // namespace
}  // namespace peo::source::s3
