// The change message has exactly the promised JSON form, whatever the table names contain.
#include "base/change_message.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace peo {
namespace {

using namespace std::chrono_literals;

const Time moment = std::chrono::sys_days(std::chrono::year(2021) / 12 / 9) + 8h + 31min + 4s + 824'890us;

TEST(ChangeMessage, HasExactlyThePromisedForm) {
  const RowCountsByTable stats{{"orders", {.created = 159'967, .amended = 0, .removed = 0}},
                               {"executions", {.created = 1'494'975, .amended = 2, .removed = 3}},
                               {"strategies", {.created = 90, .amended = 0, .removed = 0}}};
  EXPECT_EQ(change_message(stats, 1'020'487'673, moment, "hostname"),
            R"({"v": 1, "ds": "paper-engine", "id": "orders", "host": "hostname", )"
            R"("utcts": "2021-12-09T08:31:04.824890", )"
            R"("stats": {"executions": {"AMEND": 2, "CREATE": 1494975, "REMOVE": 3}, )"
            R"("orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}, )"
            R"("strategies": {"AMEND": 0, "CREATE": 90, "REMOVE": 0}}, "max_event_id": 1020487673})");
  EXPECT_EQ(change_subject, "paper-engine.meta.orders.change");
}

TEST(ChangeMessage, HasAlwaysSixDigitsOfMicroseconds) {
  const auto at = [](Time time) {
    return nlohmann::json::parse(change_message({}, 0, time, "h"))["utcts"].get<std::string>();
  };
  EXPECT_EQ(at(Time{}), "1970-01-01T00:00:00.000000");
  EXPECT_EQ(at(Time{7us}), "1970-01-01T00:00:00.000007");
  EXPECT_EQ(at(Time{-1us}), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(at(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 23h), "2024-02-29T23:00:00.000000");
}

TEST(ChangeMessage, IsOneLineOfJsonWhateverTheNames) {
  const RowCountsByTable stats{{"a\"b\\c\n\xff", {.created = 1, .amended = 0, .removed = 0}}};
  const auto text = change_message(stats, 18'446'744'073'709'551'615ULL, moment, "h\"o\ns\xfft");
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["host"], "h\"o\ns\xef\xbf\xbdt");
  EXPECT_EQ(json["max_event_id"].get<std::uint64_t>(), 18'446'744'073'709'551'615ULL);
  EXPECT_EQ(json["stats"]["a\"b\\c\n\xef\xbf\xbd"]["CREATE"], 1);
}

TEST(HostName, IsThisMachines) {
  char name[256] = {};
  ASSERT_EQ(::gethostname(name, sizeof name - 1), 0);
  EXPECT_EQ(host_name(), name);
}

}  // namespace
}  // namespace peo
