// What goes wrong, one by one: the exit code, one ERROR line that says what, where and what to do, no secret
// in any output, and a target that is as it was.
#include <fmt/format.h>
#include <sys/resource.h>

#include "fixture.hpp"
#include "support/citus.hpp"
#include "support/swift_server.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* secret = "S3cr3t-w0rd";

class Errors : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("t", "id int PRIMARY KEY, v varchar(5), n int NOT NULL"));
    bucket_.load("t", 1, "1,a,1\n2,b,2\n");
    load();
  }

  // Runs once; gives the ERROR line's text.
  std::string refused(int status, const LoaderSettings& more = {},
                      const std::vector<std::string>& words = {}) {
    const auto before = dumped();
    const auto ran = run(more);
    EXPECT_EQ(ran.status, status) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(dumped(), before) << "the target is not as it was";
    const auto errors = texts_of(ran.err, "ERROR");
    EXPECT_THAT(errors, SizeIs(1)) << ran.err;
    EXPECT_THAT(ran.err, Not(HasSubstr(secret)));
    for (const auto& line : log_lines(ran.err)) EXPECT_NE(line.level, "") << line.text;
    if (errors.empty()) return {};
    for (const auto& word : words) EXPECT_THAT(errors[0], HasSubstr(word));
    return errors[0];
  }
  std::string change(const std::string& text) { return bucket_.change("t", "20220101-000000001", text); }
};

// A gigabyte of rows in a megabyte: members that are all the same.
TEST_F(Errors, AGzipBomb) {
  std::string rows;
  for (int i = 0; i < 16 * 1024; ++i) rows += "D,1," + std::string(1000, '0') + ",1\n";
  const auto member = gzipped(rows, 9);
  std::string bomb;
  for (int i = 0; i < 64; ++i) bomb += member;
  ASSERT_LT(bomb.size(), std::size_t{3} * 1024 * 1024);
  bucket_.put("dbo/t/20220101-000000001.csv.gz", bomb);
  refused(65, {{"MAX_INFLATE_RATIO", "300"}},
          {"a ratio of more than 300", "MAX_INFLATE_RATIO", "20220101-000000001"});
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  EXPECT_LT(used.ru_maxrss, 400L * 1024);  // KiB
#endif
}

// --- The target ---

TEST_F(Errors, WrongPassword) {
  if (CitusCluster::wanted()) GTEST_SKIP() << "The nodes of the test's cluster ask for no password.";
  execute("CREATE ROLE " + database_.name() + " LOGIN PASSWORD 'right'");
  const auto conninfo = shared_postgres().conninfo(database_.name(), database_.name(), secret);
  refused(77, {{"TARGET", conninfo}}, {"28P01", "TARGET", "127.0.0.1"});
  refused(77, {{"TARGET", fmt::format("postgresql://{}:{}@127.0.0.1:{}/{}", database_.name(), secret,
                                      shared_postgres().port(), database_.name())}});
  execute("DROP ROLE " + database_.name());
}

TEST_F(Errors, NoSuchDatabase) {
  refused(78, {{"TARGET", shared_postgres().conninfo("nowhere")}}, {"nowhere", "TARGET"});
}

TEST_F(Errors, ARoleThatMayNot) {
  execute("CREATE ROLE " + database_.name() + " LOGIN PASSWORD '" + secret + "'");
  change("U,1,c,1\n");
  refused(77, {{"TARGET", database_.conninfo() + " password=" + secret + " user=" + database_.name()}},
          {"42501", "rant"});
  execute("DROP ROLE " + database_.name());
}

TEST_F(Errors, NobodyAtTheTarget) {
  const auto target = fmt::format("host=127.0.0.1 port={} user=u dbname=d password={}", free_port(), secret);
  const auto began = std::chrono::steady_clock::now();
  refused(75, {{"TARGET", target}, {"RETRY_SECONDS", "2"}}, {"TARGET", "127.0.0.1"});
  EXPECT_GT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST_F(Errors, ATableWithoutAKey) {
  execute(table_sql("keyless", "id int"));
  load();  // without a directory it keeps nobody waiting
  bucket_.load("keyless", 1, "1\n");
  refused(78, {}, {"keyless", "primary key", "ALTER TABLE"});
}

TEST_F(Errors, NothingButATableWithoutAKey) {
  const TestDatabase empty;
  Database(empty.conninfo()).execute(table_sql("keyless", "id int"));
  refused(78, {{"TARGET", empty.conninfo()}}, {"keyless"});
}

TEST_F(Errors, NoTablesAtAll) {
  const TestDatabase empty;
  const auto ran = run({{"TARGET", empty.conninfo()}});
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(texts_of(ran.err, "ERROR"), testing::ElementsAre(HasSubstr("ENTITIES")));
}

TEST_F(Errors, SomebodyElsesTableHasAShippedName) {
  execute("CREATE TABLE orders (something text)");
  refused(78, {{"ENTITIES", "shipped"}}, {"orders", "ENTITIES=none"});
}

TEST_F(Errors, EntitiesSqlThatIsWrong) {
  const TempDir directory;
  write_file(directory / "01_mine.sql", "CREATE TABLE good (id int);\nCREATE TABEL bad (id int);\n");
  refused(78, {{"ENTITIES", directory.path().string()}}, {"01_mine.sql", "TABEL"});
}

TEST_F(Errors, EntitiesSqlThatWasChanged) {
  const TempDir directory;
  write_file(directory / "01_mine.sql", table_sql("mine", "id int PRIMARY KEY"));
  load({{"ENTITIES", directory.path().string()}});
  execute("INSERT INTO mine VALUES (1, 1, 1)");
  write_file(directory / "01_mine.sql", table_sql("mine", "id bigint PRIMARY KEY"));
  refused(78, {{"ENTITIES", directory.path().string()}}, {"01_mine.sql", "changed"});
}

// --- The files ---

TEST_F(Errors, ACutGzip) {
  auto bytes = gzipped("U,1,c,1\nU,2,d,2\n");
  bucket_.put("dbo/t/20220101-000000001.csv.gz", bytes.substr(0, bytes.size() - 5));
  refused(65, {}, {"20220101-000000001.csv.gz", "Delivery 2", "decompress"});
}

TEST_F(Errors, JunkAfterAGzip) {
  bucket_.put("dbo/t/20220101-000000001.csv.gz", gzipped("U,1,c,1\n") + "junk");
  refused(65, {}, {"20220101-000000001.csv.gz"});
}

TEST_F(Errors, ARowTooWide) {
  change("U,1,c,1\nU,2,d,2,more\n");
  refused(65, {}, {"20220101-000000001.csv.gz line 2 byte 8: ", "5 fields"});
}

TEST_F(Errors, ARowTooWideInAFullLoad) {
  bucket_.load("t", 2, "3,c,3\n4,d\n");
  refused(65, {}, {"LOAD00000002.csv.gz line 2 byte 6: ", "2 fields"});
}

TEST_F(Errors, ARowTooLong) {
  change("U,1,c,1\nU,2,\"" + std::string(5000, 'x') + "\",2\n");
  refused(65, {{"MAX_ROW_BYTES", "4KiB"}}, {"line 2 byte 8: ", "MAX_ROW_BYTES"});
}

TEST_F(Errors, AnOperationThatIsNone) {
  change("U,1,c,1\nX,2,d,2\n");
  refused(65, {}, {"line 2 byte 8: ", "'X'"});
}

TEST_F(Errors, AValueThatDoesNotFit) {
  change("U,1,c,1\nI,3,\"x\ny\",3\nU,2,d,many\n");
  refused(65, {}, {"line 4 column n: ", "SQLSTATE 22P02", "many"});
}

TEST_F(Errors, ATextThatIsTooLong) {
  change("U,1,sixsix,1\n");
  refused(65, {}, {"line 1 column v: ", "SQLSTATE 22001"});
}

TEST_F(Errors, ATextThatIsTooLongInAFullLoad) {
  bucket_.load("t", 2, "3,c,3\n4,sixsix,4\n");
  refused(65, {}, {"LOAD00000002.csv.gz line 2 column v: ", "SQLSTATE 22001"});
}

TEST_F(Errors, BytesThatAreNotUtf8) {
  change("U,1,a\xff,1\n");
  refused(65, {}, {"line 1", "SQLSTATE 22021"});
}

// Rows long before and after the bad one: what is read ahead must not blur which line it was.
TEST_F(Errors, AValueThatDoesNotFitInABigFile) {
  std::string text;
  for (int i = 1; i <= 200000; ++i)
    text += fmt::format("I,{},{},{}\n", i + 10, i % 1000, i == 123456 ? "x" : "1");
  change(text);
  refused(65, {}, {"line 123456 column n: "});
}

TEST_F(Errors, NotNullViolated) {
  change("U,1,c,1\nU,2,d,\n");
  refused(65, {}, {"20220101-000000001.csv.gz", "column n", "SQLSTATE 23502"});
}

TEST_F(Errors, NotNullViolatedInAFullLoad) {
  bucket_.load("t", 2, "3,c,3\n4,d,NULL\n");
  refused(65, {}, {"LOAD00000002.csv.gz line 2", "column n", "SQLSTATE 23502"});
}

// Files before the bad one are in, those after it wait; when it is corrected, the rest follows.
TEST_F(Errors, GoodFilesBeforeABadOneStayIn) {
  bucket_.change("t", "20220101-000000001", "U,1,c,1\n");
  bucket_.change("t", "20220101-000000002", "U,1,d,x\n");
  bucket_.change("t", "20220101-000000003", "U,1,e,1\n");
  EXPECT_EQ(run().status, 65);
  EXPECT_EQ(value("SELECT v || delivery_id FROM t WHERE id = 1"), "c2");
  bucket_.change("t", "20220101-000000002", "U,1,d,2\n");
  load();
  EXPECT_EQ(value("SELECT v || n || delivery_id || event_id FROM t WHERE id = 1"), "e145");
  EXPECT_THAT(ledger_counts(), SizeIs(4));
}

// --- What the user says ---

TEST_F(Errors, EverythingWrongInTheSettingsAtOnce) {
  refused(78,
          {{"RUN_AS_SERVICE", "maybe"},
           {"MIN_SLEEP", "-1"},
           {"SOURCE", fmt::format("bucket_endpoint=http://x bucket_key={} bucket_nme=b", secret)},
           {"TARGET", fmt::format("password={} hots=x", secret)},
           {"NATS", fmt::format("http://u:{}@h", secret)}},
          {"5 errors", "RUN_AS_SERVICE is ", "maybe", "MIN_SLEEP", "bucket_nme", "TARGET", "NATS"});
}

TEST_F(Errors, WrongCommandLine) {
  const auto ran = run_loader({program(), {"laod", fmt::format("--password={}", secret)}}, settings());
  EXPECT_EQ(ran.status, 64);
  EXPECT_THAT(ran.err, testing::StartsWith("error: unknown argument"));
  EXPECT_THAT(ran.err + ran.out, Not(HasSubstr(secret)));
}

TEST_F(Errors, AFolderThatIsNot) {
  refused(78, {{"SOURCE", "bucket_path=" + (bucket_.directory() / "nowhere").string()}}, {"nowhere"});
}

// --- The bucket ---

TEST_F(Errors, TheBucket) {
  auto& swift = SwiftServer::shared();
  swift.make_bucket("there");
  const auto source = [&](const std::string& id, const std::string& key, const std::string& name) {
    return LoaderSettings{
        {"SOURCE",
         fmt::format("bucket_endpoint={} bucket_id={} bucket_key={} bucket_name={} bucket_region={}",
                     swift.endpoint(), id, key, name, SwiftServer::region)}};
  };
  const std::string id(SwiftServer::access_key_id);
  const std::string key(SwiftServer::secret_access_key);
  refused(78, source(id, key, "nowhere"), {"nowhere", "bucket_name"});
  refused(77, source(id, secret, "there"), {"SignatureDoesNotMatch", "bucket_key"});
  refused(77, source("nobody:" + id, key, "there"), {"HTTP 403"});
  LoaderSettings nobody = source(id, secret, "there");
  nobody["SOURCE"] = fmt::format(
      "bucket_endpoint=http://127.0.0.1:{} bucket_id=a bucket_key={} bucket_name=bbb", free_port(), secret);
  nobody["RETRY_SECONDS"] = "1";
  refused(75, nobody, {"127.0.0.1", "discover"});
}

// A wrong bucket is seen before anything is made in the target.
TEST_F(Errors, AnEmptyTargetStaysEmptyWhenTheBucketIsWrong) {
  const TestDatabase empty;
  const auto before = dump(empty.conninfo());
  refused(78, {{"TARGET", empty.conninfo()}, {"ENTITIES", ""}, {"SOURCE", "bucket_path=/nowhere/at/all"}});
  EXPECT_EQ(dump(empty.conninfo()), before);
}

}  // namespace
}  // namespace peo::test
