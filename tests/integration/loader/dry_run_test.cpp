// A dry run predicts exactly what the real run then does, and leaves nothing behind.
#include <fmt/format.h>

#include "fixture.hpp"
#include "support/fake_s3.hpp"
#include "support/nats_server.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

FakeAnswer answer(int status, const std::string& body,
                  const std::map<std::string, std::string>& headers = {}) {
  FakeAnswer made;
  made.status = status;
  made.headers = headers;
  made.body = body;
  return made;
}

class DryRun : public LoaderTest {
 protected:
  // Deliveries that build on one another, each cell of the table of changes among them.
  void fill_bucket() {
    bucket_.load("t", 1, "1,one,1\n2,two,2\n3,three,\n1,uno,1\n");
    bucket_.load("t", 2, "3,drei,3\n4,four,4\n");
    bucket_.change("t", "20220101-000000001", "U,1,one,1\nI,5,five,5\nD,2,two,2\nD,99,,\nU,3,drei,3.00\n");
    bucket_.change("t", "20220101-000000002", "I,2,two,2\nD,5,five,5\nU,1,one,1.0\nI,6,six,6\nD,6,six,6\n");
    bucket_.change("t", "20220101-000000003", "D,2,two,2\nI,2,zwei,2\nU,5,five,5\nD,4,,\n");
    bucket_.change("t", "20220101-000000004", "D,2,,\nD,2,,\nD,4,,\nU,5,five,5\n");
    bucket_.load("p", 1, "1,2022-01-01,x\n2,2022-01-02,y\n");
    bucket_.change("p", "20220101-000000001", "D,1,2022-01-01,\nU,2,2022-01-02,Y\n");
    bucket_.load("key_only", 1, "1\n2\n");
    bucket_.change("key_only", "20220101-000000001", "U,1\nI,3\nD,2\n");
  }
  static std::string tables() {
    return table_sql("t", "id int PRIMARY KEY, a text NOT NULL, b numeric(10,2)") + ";" +
           table_sql("p", "id int, day date, v text, PRIMARY KEY (id, day)") +
           " PARTITION BY RANGE (day); CREATE TABLE p_1 PARTITION OF p DEFAULT;" +
           table_sql("key_only", "id int PRIMARY KEY");
  }

  // Dry, then for real: the same deliveries with the same counts; the dry run has touched nothing.
  void expect_exact(std::size_t deliveries, const LoaderSettings& more = {}) {
    const auto before = dumped();
    auto dry_settings = more;
    dry_settings["DRY_RUN"] = "True";
    const auto dry = load(dry_settings);
    EXPECT_EQ(dumped(), before);
    EXPECT_THAT(dry, Not(HasSubstr("persisted to postgres")));
    EXPECT_THAT(dry, Not(HasSubstr("messages published")));
    EXPECT_THAT(dry, Not(HasSubstr("message on ")));
    const auto real = load(more);
    EXPECT_THAT(deliveries_in(dry), SizeIs(deliveries)) << dry;
    EXPECT_EQ(deliveries_in(dry), deliveries_in(real));
  }
};

TEST_F(DryRun, AnEmptyTargetWithEntitiesFromAFolder) {
  const TempDir directory;
  write_file(directory / "01.sql", tables());
  fill_bucket();
  expect_exact(10, {{"ENTITIES", directory.path().string()}});
}

TEST_F(DryRun, TablesThatStandThereEmpty) {
  execute(tables());
  fill_bucket();
  expect_exact(10);
}

TEST_F(DryRun, ALoadedTarget) {
  execute(tables());
  fill_bucket();
  load();
  bucket_.load("t", 3, "1,one,1\n7,seven,7\n3,three,3\n");
  bucket_.change("t", "20220101-000000005", "U,1,eins,1\nD,3,,\nI,2,two,2\nU,5,five,5\nD,7,,\n");
  bucket_.change("t", "20220101-000000006", "U,1,one,1\nI,3,drei,3\nD,2,,\n");
  bucket_.change("p", "20220101-000000005", "D,2,2022-01-02,\nI,3,2022-01-03,z\nU,4,2022-01-03,z\n");
  bucket_.change("key_only", "20220101-000000005", "U,1\nI,2\nD,3\nD,4\n");
  expect_exact(5);
  // Nothing is left for either.
  EXPECT_THAT(deliveries_in(load({{"DRY_RUN", "True"}})), IsEmpty());
}

TEST_F(DryRun, TheShippedEntitiesOnAnEmptyTarget) {
  bucket_.load("strategies", 1,
               "1,6f1c3f6e-0000-4000-8000-000000000001,A,ACC,USD,,1,2022-01-03,,2022-01-03 09:30:00\n");
  expect_exact(1, {{"ENTITIES", ""}});
}

TEST_F(DryRun, PublishesNothing) {
  NatsServer nats;
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  execute(tables());
  fill_bucket();
  load({{"NATS", nats.url()}, {"DRY_RUN", "True"}});
  load({{"NATS", nats.url()}});
  ASSERT_TRUE(subscriber.wait_for(10));
  EXPECT_EQ(subscriber.messages().at(0).headers.at("Paper-Engine-Outbox-Position"), "1");
  EXPECT_EQ(subscriber.messages().size(), 10U);
}

TEST_F(DryRun, WhileALoaderHoldsTheTarget) {
  execute(tables());
  fill_bucket();
  load();
  const Bucket other;  // with nothing in it, so that the service has nothing to do but hold the target
  RunningLoader service(loader_command, settings({{"RUN_AS_SERVICE", "True"}, {"SOURCE", other.source()}}));
  ASSERT_TRUE(eventually([&] {
    return value("SELECT count(*) FROM pg_locks WHERE relation = to_regclass('loader_writer') AND granted") !=
           "0";
  })) << service.log();
  bucket_.change("t", "20220101-000000009", "D,1,,\nU,3,x,3\n");
  const auto dry = deliveries_in(load({{"DRY_RUN", "True"}}));
  ASSERT_THAT(dry, SizeIs(1));
  EXPECT_EQ(dry[0].counts, R"({"t": {"AMEND": 1, "CREATE": 0, "REMOVE": 1}})");
  EXPECT_TRUE(service.process().running());
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

// What the real run would refuse, the dry run refuses: with the same exit code and the same place.
TEST_F(DryRun, RefusesWhatTheRealRunRefuses) {
  execute(tables() + "; ALTER TABLE t ADD CHECK (id < 100)");
  bucket_.load("t", 1, "1,one,1\n2,two,2\n");
  load();
  for (const std::string bad : {"U,1,one,many\n", "U,1,,1,1\n", "U,1,NULL,1\n", "I,100,x,1\n", "X,1,x,1\n"}) {
    const auto key = bucket_.change("t", "20220101-000000001", "U,2,zwei,2\n" + bad);
    const auto before = dumped();
    const auto dry = run({{"DRY_RUN", "True"}});
    EXPECT_EQ(dumped(), before);
    const auto real = run();
    EXPECT_EQ(dry.status, 65) << dry.err;
    EXPECT_EQ(real.status, 65) << real.err;
    const auto place = [](const std::string& log) {
      const auto errors = texts_of(log, "ERROR");
      if (errors.size() != 1) return "not one error, but: " + log;
      return errors[0].substr(0, errors[0].find(" reported: "));
    };
    EXPECT_EQ("Delivery 2: " + place(dry.err), place(real.err));  // what is only planned has no number
  }
}

// The row that holds the value is no part of the file: it is what the table has.
TEST_F(DryRun, RefusesAUniqueValueThatAnotherRowHolds) {
  execute(table_sql("t", "id int PRIMARY KEY, a text, b numeric(10,2)") +
          "; CREATE UNIQUE INDEX ON t (lower(a), b)");
  bucket_.load("t", 1, "1,one,1\n2,two,2\n");
  load();
  bucket_.change("t", "20220101-000000001", "I,3,ONE,1\n");
  for (const std::string dry : {"True", "False"}) {
    const auto ran = run({{"DRY_RUN", dry}});
    EXPECT_EQ(ran.status, 65) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("SQLSTATE 23505"));
  }
  bucket_.change("t", "20220101-000000001", "I,3,ONE,2\n");
  expect_exact(1);
}

// A reload, a partitioned table and rows that are quarantined: by the statements of a real run.
TEST_F(DryRun, AReloadOfAPartitionedTableWithBadRows) {
  execute(table_sql("p", "id int, day date, v int, PRIMARY KEY (id, day)") +
          " PARTITION BY RANGE (day); CREATE TABLE p_1 PARTITION OF p DEFAULT");
  bucket_.load("p", 1, "1,2022-01-01,1\n2,2022-01-02,2\n3,2022-01-03,3\n");
  load();
  bucket_.load("p", 1, "1,2022-01-01,1\n2,2022-01-02,20\n4,2022-01-04,4\nx,2022-01-05,5\n");
  expect_exact(1, {{"BAD_ROWS", "quarantine_row"}, {"RELOAD_SETTLE", "0"}});
  EXPECT_EQ(value("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM p"), "1:1 2:20 4:4");
  EXPECT_EQ(value("SELECT count(*) FROM loader_rejects"), "1");
}

TEST_F(DryRun, NamesTheTablesWhoseEffectsItDoesNotPredict) {
  execute(table_sql("t", "id int PRIMARY KEY") +
          "; CREATE TABLE other (t_id int REFERENCES t ON DELETE CASCADE)");
  bucket_.load("t", 1, "1\n");
  const auto plan = run_loader({program(), {"plan", "--json"}}, settings());
  EXPECT_THAT(plan.out, HasSubstr(R"("not_predicted")"));
  EXPECT_THAT(plan.out, HasSubstr(R"("t": "foreign keys")"));
  EXPECT_THAT(run({{"DRY_RUN", "True"}}).err,
              HasSubstr("t: the effects of its foreign keys are not predicted."));
}

TEST_F(DryRun, SeesThatAShippedNameBelongsToSomebodyElse) {
  execute("CREATE TABLE orders (something text)");
  const auto before = dumped();
  const auto dry = run({{"DRY_RUN", "True"}, {"ENTITIES", "shipped"}});
  EXPECT_EQ(dry.status, 78) << dry.err;
  EXPECT_THAT(texts_of(dry.err, "ERROR"), ElementsAre(HasSubstr("ENTITIES=none")));
  EXPECT_EQ(dumped(), before);
}

// A service is one pass in a dry run.
TEST_F(DryRun, EndsAsAService) {
  execute(tables());
  fill_bucket();
  EXPECT_THAT(deliveries_in(load({{"DRY_RUN", "True"}, {"RUN_AS_SERVICE", "True"}})), SizeIs(10));
}

// A read in the middle of the run that fails for a moment: the prediction starts again and is still right.
TEST_F(DryRun, GoesOnAfterAFailureOfTheBucket) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  const std::string first = gzipped("1,one\n2,two\n");
  const std::string second = gzipped("U,1,uno\nD,2,two\n");
  const std::string name1 = "dbo/t/LOAD00000001.csv.gz";
  const std::string name2 = "dbo/t/20220101-000000001.csv.gz";
  int refusals = 0;
  FakeS3 s3([&](const FakeRequest& request) -> FakeAnswer {
    const auto listed = [](const std::string& key, std::size_t size) {
      return fmt::format(
          "<Contents><Key>{}</Key><LastModified>2022-01-01T00:00:00.000Z</LastModified>"
          "<ETag>\"e{}\"</ETag><Size>{}</Size></Contents>",
          key, size, size);
    };
    const auto directory = [](const std::string& prefix) {
      return "<CommonPrefixes><Prefix>" + prefix + "</Prefix></CommonPrefixes>";
    };
    const auto has = [&](const std::string& text) { return request.target.find(text) != std::string::npos; };
    const auto object = [](const std::string& bytes) {
      return answer(200, bytes, {{"ETag", fmt::format("\"e{}\"", bytes.size())}});
    };
    if (has("list-type=2")) {
      std::string entries = listed(name2, second.size()) + listed(name1, first.size());
      if (has("delimiter=")) entries = has("prefix=dbo") ? directory("dbo/t/") : directory("dbo/");
      return answer(200, "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>" +
                             entries + "</ListBucketResult>");
    }
    if (has("LOAD")) return object(first);
    if (++refusals <= 12) return answer(503, "<Error><Code>SlowDown</Code></Error>");
    return object(second);
  });
  const auto ran = run({{"SOURCE", "bucket_endpoint=" + s3.endpoint() +
                                       " bucket_id=a bucket_key=b bucket_name=abc bucket_region=r"},
                        {"DRY_RUN", "True"},
                        {"RETRY_SECONDS", "60"}});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_GT(refusals, 12);
  const auto deliveries = deliveries_in(ran.err);
  ASSERT_GE(deliveries.size(), 2U) << ran.err;
  EXPECT_EQ(deliveries.back().counts, R"({"t": {"AMEND": 1, "CREATE": 0, "REMOVE": 1}})");
  EXPECT_EQ(deliveries.back().id, 2U);
  EXPECT_THAT(ran.err, HasSubstr("Summary: dry run, 2 deliveries, 4 rows"));
}

}  // namespace
}  // namespace peo::test
