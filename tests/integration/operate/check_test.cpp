// The verb check against real servers, and one that answers as no real one can be asked to: each thing that
// can be wrong is told in one line with what to do.
#include <ctime>

#include "fixture.hpp"
#include "support/fake_s3.hpp"
#include "support/nats_server.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class Check : public Verbs {
 protected:
  // The line of the first problem or warning of an area.
  std::string line_of(const std::string& what, const std::string& area, const LoaderSettings& more,
                      int status) const {
    const auto ran = verb({"check"}, more);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    const auto at = ran.out.find(fmt::format("{:<8} {}", what, area));
    if (at == std::string::npos) return "no such line in:\n" + ran.out;
    return ran.out.substr(at, ran.out.find('\n', at) - at);
  }
};

// A bucket with one file, as a server of S3 tells it; `get` and `list` may refuse.
struct OneFile {
  int list = 200, get = 200;
  std::string code = "AccessDenied";
  std::time_t clock = std::time(nullptr);

  FakeAnswer operator()(const FakeRequest& request) const {
    const bool lists = request.target.find("list-type=2") != std::string::npos;
    FakeAnswer answer;
    answer.status = lists ? list : get;
    answer.headers["date"] = date();
    if (answer.status != 200) {
      answer.body = fmt::format("<Error><Code>{}</Code><Message>No</Message></Error>", code);
    } else if (lists) {
      const auto in = [&](const char* prefix) { return request.target.find(prefix) != std::string::npos; };
      const bool file = !in("delimiter") || in("prefix=data%2Fdbo%2Forders%2F");
      answer.body = listing(file ? "" : in("prefix=data%2Fdbo%2F") ? "data/dbo/orders/" : "data/dbo/");
    } else {
      answer.headers["etag"] = "\"e\"";
      answer.body = "x";
    }
    return answer;
  }
  static std::string listing(const std::string& directory) {
    const std::string begin = R"(<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>)";
    if (!directory.empty())
      return begin + "<CommonPrefixes><Prefix>" + directory + "</Prefix></CommonPrefixes></ListBucketResult>";
    return begin +
           "<Contents><Key>data/dbo/orders/LOAD00000001.csv.gz</Key><LastModified>2026-01-01T00:00:00.000Z"
           "</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents></ListBucketResult>";
  }
  std::string date() const {
    std::tm parts{};
    std::string text(40, '\0');
    text.resize(
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&clock, &parts)));
    return text;
  }
};

LoaderSettings bucket_at(const FakeS3& server) {
  return {{"SOURCE", fmt::format("bucket_endpoint={} bucket_id=AKIAX bucket_key=not-to-be-shown "
                                 "bucket_name=replica bucket_path=data bucket_region=eu-west-1",
                                 server.endpoint())}};
}

TEST_F(Check, TakesKeysFromTheEnvironmentWhenSourceHasNone) {
  two_tables();
  const FakeS3 server(OneFile{});
  const auto ran = verb(
      {"check"},
      {{"SOURCE", fmt::format("bucket_endpoint={} bucket_name=replica bucket_path=data", server.endpoint())},
       {"AWS_ACCESS_KEY_ID", "AKIAENV"},
       {"AWS_SECRET_ACCESS_KEY", "not-to-be-shown"},
       {"LOG_LEVEL", "DEBUG"}});
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(server.requests().front().headers.at("authorization"), HasSubstr("Credential=AKIAENV/"));
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("not-to-be-shown")));
}

TEST_F(Check, OfABucketThatMayNotBeListed) {
  const FakeS3 server(OneFile{.list = 403});
  const auto line = line_of("problem", "source", bucket_at(server), 77);
  EXPECT_THAT(line, HasSubstr("ListObjectsV2 of bucket replica at "));
  EXPECT_THAT(line, HasSubstr("failed with HTTP 403 AccessDenied: No"));
  EXPECT_THAT(line, HasSubstr("s3:ListBucket"));
  EXPECT_THAT(line, Not(HasSubstr("not-to-be-shown")));
}

TEST_F(Check, OfABucketWhoseFilesMayNotBeRead) {
  two_tables();
  const FakeS3 server(OneFile{.get = 403});
  const auto line = line_of("problem", "source", bucket_at(server), 77);
  EXPECT_THAT(line, HasSubstr("GetObject of s3://replica/data/dbo/orders/LOAD00000001.csv.gz at "));
  EXPECT_THAT(line, HasSubstr("failed with HTTP 403"));
  EXPECT_THAT(line, HasSubstr("s3:GetObject"));
}

TEST_F(Check, OfABucketThatIsNotThere) {
  const FakeS3 server(OneFile{.list = 404, .code = "NoSuchBucket"});
  EXPECT_THAT(line_of("problem", "source", bucket_at(server), 78),
              HasSubstr("there is no bucket replica at"));
}

TEST_F(Check, OfAClockThatIsOff) {
  two_tables();
  const FakeS3 server(OneFile{.clock = std::time(nullptr) - 600});
  EXPECT_THAT(
      line_of("warning", "source", bucket_at(server), 0),
      MatchesRegex(".*This machine's clock is 10 min( [0-9]+ s)? ahead of the bucket's server. Synchronize "
                   "the clock .NTP.: S3 rejects requests that are 15 minutes off."));
}

TEST_F(Check, OfATargetThatRefusesOrIsNotThere) {
  const auto wrong = database_.conninfo() + " user=nobody_of_that_name";
  EXPECT_THAT(line_of("problem", "target", {{"TARGET", wrong}}, 77),
              HasSubstr("requires a password, but none is set. Set password in TARGET"));
  EXPECT_THAT(
      line_of("problem", "target", {{"TARGET", wrong + " password=not-to-be-shown"}}, 77),
      AllOf(HasSubstr(
                "FATAL: password authentication failed for user \"nobody_of_that_name\" (SQLSTATE 28P01)."),
            Not(HasSubstr("not-to-be-shown"))));
  const auto nobody = fmt::format("host=127.0.0.1 port={} user=a dbname=b", free_port());
  EXPECT_THAT(line_of("problem", "target", {{"TARGET", nobody}}, 75),
              HasSubstr("Check that the server is running"));
  const auto missing = database_.conninfo() + " dbname=not_made";
  EXPECT_THAT(line_of("problem", "target", {{"TARGET", missing}}, 78), HasSubstr("not_made"));
}

TEST_F(Check, OfAUserWhoMayNotPublishOnTheSubject) {
  two_tables();
  const std::string subject = "paper-engine.meta.orders.change";
  NatsServer server(
      {.user = "loader", .password = "pw", .permissions = "publish: {deny: \"" + subject + "\"}"});
  const LoaderSettings nats{{"NATS", server.url()}};
  EXPECT_THAT(
      line_of("problem", "notifier", nats, 77),
      HasSubstr("this user may not publish on paper-engine.meta.orders.change. Grant the user the permission "
                "to publish on it"));
  // As narrow as can be: this subject and nothing else. Nobody hears of the look.
  server.options().permissions = "publish: \"" + subject + "\"";
  server.options().more = "";
  server.restart();
  NatsServer open;
  NatsSubscriber subscriber(open.url(), subject);
  EXPECT_THAT(line_of("ok", "notifier", nats, 0), HasSubstr("this user may publish on " + subject));
  EXPECT_THAT(line_of("ok", "notifier", {{"NATS", open.url()}}, 0), HasSubstr("this user may publish on"));
  bucket_.change("orders", "20990101-000000009", "I,9,x,1\n");
  load({{"NATS", open.url()}});
  ASSERT_TRUE(subscriber.wait_for(1));
  for (const auto& message : subscriber.messages()) {
    EXPECT_FALSE(message.subject == subject && message.payload.empty());
  }
}

TEST_F(Check, OfABrokerThatRefusesTheUser) {
  two_tables();
  NatsServer server({.user = "loader", .password = "pw"});
  const auto line = line_of("problem", "notifier",
                            {{"NATS", fmt::format("nats://loader:wrong-word@{}", server.address())}}, 77);
  EXPECT_THAT(line, HasSubstr("refused the user"));
  EXPECT_THAT(line, Not(HasSubstr("wrong-word")));
}

TEST_F(Check, FindsAllWellAndChangesNothing) {
  two_tables();
  NatsServer nats;
  const auto before = dumped();
  const auto ran = verb({"check"}, {{"NATS", nats.url()}});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("can be listed; 2 tables: fills, orders."));
  EXPECT_THAT(ran.out, HasSubstr("Files can be read"));
  EXPECT_THAT(ran.out, HasSubstr("2 tables in schema public can be loaded: fills, orders."));
  EXPECT_THAT(ran.out, HasSubstr("loader/001_loader.sql"));
  EXPECT_THAT(ran.out, HasSubstr("this user may publish on paper-engine.meta.orders.change"));
  EXPECT_THAT(ran.out, HasSubstr("No problems found."));
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ::testing::IsEmpty());
  EXPECT_EQ(dumped(), before);
  EXPECT_EQ(told({"check"}, 0, {{"NATS", nats.url()}})["ok"], true);
}

TEST_F(Check, NamesSchemasWhereOthersMayCreate) {
  two_tables();
  const auto role = database_.name() + "_other";
  execute(fmt::format(
      "CREATE ROLE {0}; CREATE SCHEMA mine; CREATE SCHEMA theirs; GRANT CREATE ON SCHEMA theirs TO "
      "{0}, PUBLIC; ALTER DATABASE {1} SET search_path = public, mine, theirs",
      role, database_.name()));
  const auto line = line_of("warning", "target", {}, 0);
  EXPECT_THAT(line, HasSubstr("Other roles may create objects in the schema theirs: " + role + ", PUBLIC."));
  EXPECT_THAT(line, HasSubstr("REVOKE CREATE ON SCHEMA theirs FROM " + role + ", PUBLIC;"));
  execute(fmt::format("REVOKE CREATE ON SCHEMA theirs FROM {0}, PUBLIC; DROP ROLE {0}", role));
  EXPECT_THAT(verb({"check"}).out, Not(HasSubstr("may create objects")));
}

// Every problem in one go, the first one's exit code.
TEST_F(Check, SaysEverythingThatIsWrong) {
  two_tables();
  execute(table_sql("lonely", "id int PRIMARY KEY") +
          "; ALTER TABLE fills ADD FOREIGN KEY (id) REFERENCES orders (id)");
  const auto ran = verb(
      {"check"},
      {{"SOURCE",
        fmt::format(
            "bucket_endpoint=http://127.0.0.1:{} bucket_id=a bucket_key=b bucket_name=abc bucket_region=r",
            free_port())},
       {"NATS", fmt::format("nats://127.0.0.1:{}", free_port())}});
  EXPECT_NE(ran.status, 0);
  EXPECT_THAT(ran.out, HasSubstr("problem  source"));
  EXPECT_THAT(ran.out, HasSubstr("problem  notifier"));
  EXPECT_THAT(ran.out, HasSubstr("foreign keys"));
  EXPECT_THAT(ran.out, HasSubstr("\"lonely\" has no index on event_id"));
  const auto misconfigured =
      verb({"check"}, {{"SOURCE", "bucket_path=/nowhere/at/all"}, {"DRY_RUN", "perhaps"}});
  EXPECT_EQ(misconfigured.status, 78);
  EXPECT_THAT(misconfigured.out, HasSubstr("problem  settings  SOURCE: bucket_path"));
  EXPECT_THAT(misconfigured.out, HasSubstr("problem  settings  DRY_RUN is"));
  EXPECT_THAT(misconfigured.out, HasSubstr("2 problems, 0 warnings."));
  EXPECT_THAT(verb({"check"}).out, HasSubstr("The bucket has no prefix for the table lonely."));
  execute("CREATE TABLE keyless (id int, event_id bigint, delivery_id bigint)");
  const auto keyless = verb({"check"});
  EXPECT_EQ(keyless.status, 78);
  EXPECT_THAT(keyless.out, HasSubstr("\"keyless\" has no primary key"));
}

// With nothing set, a run writes a sample and makes a PostgreSQL in DATA_DIR: that must be possible.
TEST_F(Check, OfADataFolderThatCantBeMade) {
  const TempDir directory;
  write_file(directory / "file", "");
  const LoaderSettings nothing{{"SOURCE", ""}, {"TARGET", ""}, {"ENTITIES", ""}};
  auto wrong = nothing;
  wrong["DATA_DIR"] = directory / "file/data";
  EXPECT_THAT(line_of("problem", "source", wrong, 74), HasSubstr("file/data/sample: Not a directory"));
  EXPECT_THAT(line_of("problem", "target", wrong, 74), HasSubstr("file/data/postgres: Not a directory"));
  auto right = nothing;
  right["DATA_DIR"] = directory / "not/yet/there";
  EXPECT_EQ(verb({"check"}, right).status, 0);
  EXPECT_FALSE(std::filesystem::exists(directory / "not"));
}

TEST_F(Check, NamesTheRightsThatAreMissing) {
  two_tables();
  load();
  const auto role = database_.name() + "_role";
  execute(fmt::format(
      "CREATE ROLE {} LOGIN PASSWORD 'secret-word'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}; "
      "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC",
      role, role, database_.name()));
  const LoaderSettings as_role{{"TARGET", shared_postgres().conninfo(database_.name(), role, "secret-word")}};
  const auto ran = verb({"check"}, as_role);
  EXPECT_EQ(ran.status, 77) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr(fmt::format(
                           "GRANT INSERT, UPDATE, DELETE ON \"public\".\"orders\" TO \"{}\";", role)));
  EXPECT_THAT(ran.out, HasSubstr("GRANT TEMPORARY ON DATABASE"));
  EXPECT_THAT(ran.out, HasSubstr("GRANT INSERT, UPDATE ON \"public\".\"loader_deliveries\""));
  EXPECT_THAT(ran.out, Not(HasSubstr("secret-word")));
  // What it names is enough.
  const auto checked = told({"check"}, 77, as_role);
  for (const auto& finding : checked["findings"]) {
    if (finding["state"] == "problem") execute(finding["hint"].get<std::string>());
  }
  EXPECT_EQ(verb({"check"}, as_role).status, 0) << verb({"check"}, as_role).out;
  bucket_.change("orders", "20990101-000000002", "U,1,AA,2\n");
  load(as_role);
  execute(fmt::format("DROP OWNED BY {}; DROP ROLE {}", role, role));
}

}  // namespace
}  // namespace peo::test
