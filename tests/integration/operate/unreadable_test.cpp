// plan and verify where a table or a file can't be read: nothing is claimed of it, and the rest is reported.
#include <filesystem>
#include <future>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Unreadable : public Verbs {
 protected:
  void SetUp() override { two_tables(); }
};

// The lock is waited for once, by both at the same time; the other table is read.
TEST_F(Unreadable, ALockedTable) {
  load();
  bucket_.change("orders", "20990101-000000002", "U,1,x,5\n");
  bucket_.change("fills", "20990101-000000002", "I,2\n");
  Database session(database_.conninfo());
  const auto backend = session.value("SELECT pg_backend_pid()");
  session.execute("BEGIN; LOCK TABLE orders");
  auto planning = std::async(std::launch::async, [&] { return verb({"plan", "--json"}); });
  const auto verified = told({"verify"}, 75);
  const auto planned = planning.get();
  const auto plan = json::parse(planned.out, nullptr, false);
  EXPECT_EQ(planned.status, 75) << planned.err;
  EXPECT_EQ(plan["safe"], false);
  EXPECT_EQ(plan["entities"]["fills"]["effects"]["CREATE"], 1) << planned.err;
  EXPECT_FALSE(plan["entities"].contains("orders"));
  const auto holder = "waiting for a lock on public.orders, held by backend " + backend;
  EXPECT_THAT(plan["why"].get<std::string>(), AllOf(HasSubstr(holder), HasSubstr("pg_terminate_backend")));
  EXPECT_THAT(plan["held"]["orders"]["reason"].get<std::string>(), HasSubstr(holder));
  EXPECT_THAT(planned.err, Not(HasSubstr("25P02")));
  EXPECT_EQ(verified["equal"], nullptr);
  EXPECT_EQ(verified["entities"]["orders"]["equal"], nullptr);
  EXPECT_THAT(verified["entities"]["orders"]["failed"].get<std::string>(), HasSubstr(holder));
  EXPECT_EQ(verified["entities"]["fills"]["equal"], true);
}

TEST_F(Unreadable, AFileThatIsGone) {
  load();
  std::filesystem::remove(bucket_.directory() / "dbo/orders/20990101-000000001.csv.gz");
  auto verified = told({"verify"}, 65);
  EXPECT_EQ(verified["entities"]["orders"]["equal"], nullptr);
  EXPECT_THAT(verified["entities"]["orders"]["failed"].get<std::string>(),
              HasSubstr("it was loaded as delivery 3 but is no longer in the bucket. Restore"));
  EXPECT_EQ(verified["entities"]["fills"]["equal"], true);
  // It is there, and the loader will load it.
  bucket_.change("orders", "20990101-000000001", "U,1,other,1.5\n");
  verified = told({"verify"}, 75);
  EXPECT_THAT(verified["entities"]["orders"]["failed"].get<std::string>(),
              HasSubstr("it was loaded as delivery 3 and has been rewritten since"));
}

// The table equals its loaded files, and still lacks what is in the bucket.
TEST_F(Unreadable, AHeldTableIsNotEqual) {
  bucket_.change("orders", "20990101-000000002", "U,1,x,many\n");
  EXPECT_EQ(run().status, 65);
  const auto verified = told({"verify"}, 65);
  EXPECT_EQ(verified["equal"], false);
  const auto orders = verified["entities"]["orders"];
  EXPECT_EQ(orders["held"], true);
  EXPECT_EQ(orders["equal"], false);
  EXPECT_EQ(orders["equal_to_loaded_files"], true);
  EXPECT_EQ(verified["entities"]["fills"]["equal"], true);
}

}  // namespace
}  // namespace peo::test
