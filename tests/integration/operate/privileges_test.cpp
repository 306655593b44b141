// The rights that deploy/ gives: the loader works with them, and with none of them missing.
#include <set>

#include "fixture.hpp"
#include "support/bucket_s3.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;

class Privileges : public Verbs {
 protected:
  void SetUp() override {
    write_file(entities_ / "001_orders.sql",
               table_sql("orders", "id int PRIMARY KEY, v text") + "; CREATE INDEX ON orders (event_id)");
    execute(read_file(source_dir() / "deploy/postgresql/roles.sql"));
    for (const auto* role : {"paper_engine_owner", "paper_engine_loader"})
      execute(fmt::format("ALTER ROLE {} PASSWORD 'theirs'", role));
    bucket_.load("orders", 1, "1,a\n2,b\n3,c\n");
    const auto made = verb({"migrate"}, as("paper_engine_owner"));
    ASSERT_EQ(made.status, 0) << made.err;
  }
  void TearDown() override { drop_roles(); }
  // They belong to the whole server.
  void drop_roles() {
    execute("ALTER DATABASE " + database_.name() + " OWNER TO postgres");
    for (const auto& role : query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'paper_engine_%'"))
      execute(fmt::format("DROP OWNED BY {0} CASCADE; DROP ROLE {0}", role));
  }
  LoaderSettings as(const std::string& role) const {
    return {{"TARGET", database_.conninfo() + " password=theirs user=" + role},
            {"ENTITIES", entities_.path().string()}};
  }
  // All three kinds of effects, and too many for the way of small files.
  void add_changes() {
    std::string text;
    for (int i = 1; i <= 1500; ++i)
      text += fmt::format("{},{},round {}\n", i % 3 == 0 ? 'D' : 'U', i + rounds_, rounds_);
    bucket_.change("orders", fmt::format("20990101-{:09}", ++rounds_ * 1000), text);
  }

  TempDir entities_;
  int rounds_ = 0;
};

TEST_F(Privileges, TheLoaderNeedsEachOfItsOwn) {
  const auto loader = as("paper_engine_loader");
  EXPECT_THAT(verb({"check"}, loader).out, HasSubstr("No problems found"));
  const auto first = run(loader);
  EXPECT_EQ(first.status, 0) << first.err;
  const std::string tables = "ALL TABLES IN SCHEMA paper_engine";
  const std::string database = "DATABASE " + database_.name();
  for (const auto& [right, on] :
       std::vector<std::pair<std::string, std::string>>{{"SELECT", tables},
                                                        {"INSERT", tables},
                                                        {"UPDATE", tables},
                                                        {"DELETE", tables},
                                                        {"TEMPORARY", database},
                                                        {"USAGE", "SCHEMA paper_engine"}}) {
    SCOPED_TRACE(right);
    add_changes();
    execute(fmt::format("REVOKE {} ON {} FROM paper_engine_loader", right, on));
    EXPECT_NE(run(loader).status, 0);
    execute(fmt::format("GRANT {} ON {} TO paper_engine_loader", right, on));
    const auto ran = run(loader);
    EXPECT_EQ(ran.status, 0) << ran.err;
  }
  EXPECT_EQ(value("SELECT count(*) FROM paper_engine.loader_deliveries"), "7");
}

// A managed service has no superuser to run the script.
TEST_F(Privileges, AnAdministratorWithoutSuperuserMakesTheRoles) {
  drop_roles();
  execute("CREATE ROLE paper_engine_dba CREATEROLE; ALTER DATABASE " + database_.name() +
          " OWNER TO paper_engine_dba");
  execute("SET ROLE paper_engine_dba;" + read_file(source_dir() / "deploy/postgresql/roles.sql"));
  EXPECT_EQ(value("SELECT pg_has_role('paper_engine_dba', 'paper_engine_owner', 'USAGE')"), "f");
  execute(
      "ALTER ROLE paper_engine_owner PASSWORD 'theirs'; ALTER ROLE paper_engine_loader PASSWORD 'theirs'");
  const auto made = verb({"migrate"}, as("paper_engine_owner"));
  EXPECT_EQ(made.status, 0) << made.err;
  const auto ran = run(as("paper_engine_loader"));
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(value("SELECT count(*) FROM paper_engine.orders"), "3");
}

TEST_F(Privileges, NobodyMayMore) {
  const auto refused = [&](const std::string& role, const std::string& sql) {
    Database session(database_.conninfo());
    session.execute("SET ROLE " + role + "; SET search_path = paper_engine");
    try {
      session.execute(sql);
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(std::string(error.what()).find("permission denied") != std::string::npos ||
                  std::string(error.what()).find("must be owner") != std::string::npos)
          << error.what();
      return true;
    }
    return false;
  };
  for (const auto* sql : {"CREATE TABLE more (a int)", "TRUNCATE orders", "DROP TABLE orders",
                          "ALTER TABLE orders ADD COLUMN a int", "CREATE SCHEMA more"})
    EXPECT_TRUE(refused("paper_engine_loader", sql)) << sql;
  EXPECT_FALSE(refused("paper_engine_reader", "SELECT * FROM orders, loader_deliveries"));
  for (const auto* sql :
       {"INSERT INTO orders VALUES (1, 'x', 1, 1)", "UPDATE orders SET v = ''", "DELETE FROM orders",
        "DELETE FROM loader_deliveries", "CREATE TEMPORARY TABLE more (a int)"})
    EXPECT_TRUE(refused("paper_engine_reader", sql)) << sql;
}

// Each request asks for what deploy/aws/bucket-policy.json allows.
TEST_F(Privileges, TheBucketsPolicyIsEnough) {
  const auto policy = json::parse(read_file(source_dir() / "deploy/aws/bucket-policy.json"));
  std::set<std::string> allowed;
  for (const auto& statement : policy["Statement"]) allowed.insert(statement["Action"].get<std::string>());
  BucketS3 s3;
  for (const auto& [key, bytes] : bucket_.objects()) s3.put("data/" + key, bytes);
  std::set<std::string> asked;
  s3.on_request([&](const FakeRequest& request, const FakeAnswer&) -> std::optional<FakeAnswer> {
    const bool list = request.target.find("list-type=2") != std::string::npos;
    const bool below = request.target.find(list ? "prefix=data%2F" : "/data/") != std::string::npos;
    const std::string action = request.method != "GET" ? request.method
                               : list                  ? "s3:ListBucket"
                                                       : "s3:GetObject";
    asked.insert(action);
    if (allowed.contains(action) && below) return std::nullopt;
    return s3_error(403, "AccessDenied", action + " " + request.target);
  });
  auto loader = as("paper_engine_loader");
  loader["SOURCE"] = s3.source();
  const auto checked = verb({"check"}, loader);
  EXPECT_EQ(checked.status, 0) << checked.out;
  const auto ran = run(loader);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(value("SELECT count(*) FROM paper_engine.orders"), "3");
  EXPECT_EQ(asked, allowed);
}

}  // namespace
}  // namespace peo::test
