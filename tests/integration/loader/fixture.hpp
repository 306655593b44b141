// What the tests of the whole program share: a database and a bucket directory for each test, and the loader
// run between them.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/bucket.hpp"
#include "support/database.hpp"
#include "support/loader_run.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"

namespace peo::test {

inline const LoaderCommand loader_command{program(), {}};

inline bool eventually(const std::function<bool()>& holds,
                       std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// Rows as text, fields separated by "|", NULL as "∅".
inline std::vector<std::string> lines_of(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (const auto& field : row) line += (&field == row.data() ? "" : "|") + field.value_or("∅");
    lines.push_back(line);
  }
  return lines;
}

// Runs once after a crash. The server may still be at the dead loader's last statement, and the target held
// by it for so long: the exit code asks to try again, and so does the caller.
inline Finished run_after_crash(const LoaderSettings& settings) {
  Finished ran;
  const auto went = [&] {
    ran = run_loader(loader_command, settings);
    return ran.status != 75 || ran.err.find("the target is held by") == std::string::npos;
  };
  EXPECT_TRUE(eventually(went)) << ran.err;
  EXPECT_EQ(ran.status, 0) << ran.err;
  return ran;
}

class LoaderTest : public ::testing::Test {
 protected:
  LoaderSettings settings(const LoaderSettings& more = {}) const {
    LoaderSettings all{{"SOURCE", bucket_.source()}, {"TARGET", database_.conninfo()}, {"ENTITIES", "none"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }

  Finished run(const LoaderSettings& more = {}) const { return run_loader(loader_command, settings(more)); }

  // Runs once and expects it to go well; gives the log.
  std::string load(const LoaderSettings& more = {}) const {
    const auto ran = run(more);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, "");
    for (const auto& line : log_lines(ran.err)) EXPECT_NE(line.level, "") << "not a log line: " << line.text;
    EXPECT_THAT(texts_of(ran.err, "ERROR"), ::testing::IsEmpty()) << ran.err;
    return ran.err;
  }

  void execute(const std::string& sql) const { Database(database_.conninfo()).execute(sql); }
  std::vector<std::string> query(const std::string& sql) const {
    return lines_of(Database(database_.conninfo()).rows(sql));
  }
  std::string value(const std::string& sql) const { return Database(database_.conninfo()).value(sql); }
  std::string dumped(const std::vector<std::string>& without_data = {}) const {
    return dump(database_.conninfo(), without_data);
  }
  // "created|amended|removed" of each delivery.
  std::vector<std::string> ledger_counts() const {
    return query("SELECT created, amended, removed FROM loader_deliveries ORDER BY delivery_id");
  }

  TestDatabase database_;
  Bucket bucket_;
};

// Columns and key as given, and the loader's own.
inline std::string table_sql(const std::string& name, const std::string& columns) {
  return "CREATE TABLE " + name + " (" + columns + ", event_id bigint NOT NULL, delivery_id bigint NOT NULL)";
}

}  // namespace peo::test
