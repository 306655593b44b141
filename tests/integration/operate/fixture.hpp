// What the tests of the verbs share.
#pragma once
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../loader/fixture.hpp"

namespace peo::test {

using nlohmann::json;

class Verbs : public LoaderTest {
 protected:
  Finished verb(std::vector<std::string> words, const LoaderSettings& more = {}) const {
    return run_loader({program(), std::move(words)}, settings(more));
  }
  // With --json: the document.
  json told(std::vector<std::string> words, int status = 0, const LoaderSettings& more = {}) const {
    words.emplace_back("--json");
    const auto ran = verb(std::move(words), more);
    EXPECT_EQ(ran.status, status) << ran.err << ran.out;
    return json::parse(ran.out, nullptr, false);
  }
  void two_tables() {
    execute(table_sql("orders", "id int PRIMARY KEY, v text, w numeric(8,2)") +
            "; CREATE INDEX ON orders (event_id);" + table_sql("fills", "id int PRIMARY KEY") +
            "; CREATE INDEX ON fills (event_id)");
    bucket_.load("orders", 1, "1,a,1.5\n2,b,\n3,c,3\n");
    bucket_.load("fills", 1, "1\n");
    bucket_.change("orders", "20990101-000000001", "U,1,A,1.5\nD,2,b,\nI,4,d,4\n");
  }
};

}  // namespace peo::test
