// The Prometheus series count what happens, exist from the start, and pass promtool.
#include "metrics/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of a series in the text; "" when there is none.
std::string value(const Metrics& metrics, const std::string& series) {
  const auto text = "\n" + metrics.text();
  const auto at = text.find("\npaper_engine_orders_" + series + " ");
  if (at == std::string::npos) return "";
  const auto begin = text.find(' ', at + 1 + series.size() + std::string("paper_engine_orders_").size());
  return text.substr(begin + 1, text.find('\n', begin) - begin - 1);
}

DeliveryDone delivery() {
  DeliveryDone done;
  done.delivery_id = 26;
  done.entity = "orders";
  done.kind = DeliveryKind::FullLoad;
  done.effects = {{"orders", {.created = 159'967, .amended = 2, .removed = 1}},
                  {"executions", {.created = 4, .amended = 0, .removed = 0}}};
  done.rows_read = 160'000;
  done.source_bytes = 1'000;
  done.uncompressed_bytes = 9'000;
  done.step_seconds = {0, 0.25, 0.5, 0.125, 2, 0.0625, -1};
  done.seconds = 3;
  return done;
}

// promtool through a shell: it reads standard input.
test::Finished promtool(const std::string& text) {
  const test::TempDir directory;
  test::write_file(directory / "metrics.txt", text);
  return test::run({"sh", "-c", "promtool check metrics < \"$0\"", (directory / "metrics.txt").string()});
}

TEST(MetricsTest, EverySeriesThatIsKnownStartsAtZero) {
  Metrics metrics("1.2.3");
  metrics.declare_entity("orders");
  for (const char* series : {R"(deliveries_total{entity="orders",kind="full_load",result="loaded"})",
                             R"(deliveries_total{entity="orders",kind="change",result="rejected"})",
                             R"(deliveries_total{entity="orders",kind="change",result="failed"})",
                             R"(rows_total{effect="remove",entity="orders"})",
                             R"(rows_read_total{entity="orders"})",
                             R"(source_bytes_total{entity="orders"})",
                             R"(uncompressed_bytes_total{entity="orders"})",
                             R"(step_seconds_total{step="discover"})",
                             R"(step_seconds_total{step="notify"})",
                             R"(delivery_duration_seconds_count{entity="orders"})",
                             R"(errors_total{kind="permanent",step="apply"})",
                             R"(retries_total{peer="notifier"})",
                             "last_success_timestamp_seconds",
                             "last_poll_timestamp_seconds",
                             R"(backlog_files{entity="orders"})",
                             R"(backlog_bytes{entity="orders"})",
                             "oldest_waiting_object_timestamp_seconds",
                             "unsent_messages",
                             "messages_published_total",
                             R"(s3_requests_total{code="200",operation="list"})",
                             R"(ignored_objects{reason="control_table"})",
                             R"(ignored_objects{reason="folder_without_table"})",
                             R"(quarantined_files{entity="orders"})",
                             R"(quarantined_rows{entity="orders"})",
                             "leader"}) {
    EXPECT_EQ(value(metrics, series), "0") << series << "\n" << metrics.text();
  }
  EXPECT_EQ(value(metrics, R"(build_info{version="1.2.3"})"), "1");
}

TEST(MetricsTest, ADeliveryIsCountedWholeAndLogged) {
  Metrics metrics("1");
  testing::internal::CaptureStderr();
  metrics.delivery_done(delivery());
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      testing::ContainsRegex(" INFO .metrics.cpp:[0-9]+.: Delivery 26: prometheus counters incremented.\n$"));
  metrics.delivery_done(delivery());
  EXPECT_EQ(value(metrics, R"(deliveries_total{entity="orders",kind="full_load",result="loaded"})"), "2");
  EXPECT_EQ(value(metrics, R"(deliveries_total{entity="orders",kind="change",result="loaded"})"), "0");
  EXPECT_EQ(value(metrics, R"(deliveries_total{entity="executions",kind="full_load",result="loaded"})"), "0");
  EXPECT_EQ(value(metrics, R"(rows_total{effect="create",entity="orders"})"), "319934");
  EXPECT_EQ(value(metrics, R"(rows_total{effect="amend",entity="orders"})"), "4");
  EXPECT_EQ(value(metrics, R"(rows_total{effect="remove",entity="orders"})"), "2");
  EXPECT_EQ(value(metrics, R"(rows_total{effect="create",entity="executions"})"), "8");
  EXPECT_EQ(value(metrics, R"(rows_read_total{entity="orders"})"), "320000");
  EXPECT_EQ(value(metrics, R"(source_bytes_total{entity="orders"})"), "2000");
  EXPECT_EQ(value(metrics, R"(uncompressed_bytes_total{entity="orders"})"), "18000");
  EXPECT_EQ(value(metrics, R"(step_seconds_total{step="discover"})"), "0");
  EXPECT_EQ(value(metrics, R"(step_seconds_total{step="decompress"})"), "1");
  EXPECT_EQ(value(metrics, R"(step_seconds_total{step="apply"})"), "4");
  EXPECT_EQ(value(metrics, R"(step_seconds_total{step="notify"})"), "0");  // never goes back
  EXPECT_EQ(value(metrics, R"(delivery_duration_seconds_sum{entity="orders"})"), "6");
  EXPECT_EQ(value(metrics, R"(delivery_duration_seconds_bucket{entity="orders",le="2.5"})"), "0");
  EXPECT_EQ(value(metrics, R"(delivery_duration_seconds_bucket{entity="orders",le="5"})"), "2");
  EXPECT_EQ(value(metrics, R"(delivery_duration_seconds_count{entity="orders"})"), "2");
}

TEST(MetricsTest, WhatElseHappensIsCounted) {
  Metrics metrics("1");
  metrics.delivery_not_loaded("orders", DeliveryKind::Change, NotLoaded::Rejected);
  metrics.delivery_not_loaded("orders", DeliveryKind::Change, NotLoaded::Failed);
  metrics.count_error(Step::Fetch, ErrorKind::Retry);
  metrics.count_error(std::nullopt, ErrorKind::Fatal);
  metrics.count_retry(Dependency::Target);
  metrics.count_messages_published(3);
  metrics.count_s3_request("get", 206);
  metrics.count_s3_request("get", 0);
  metrics.count_s3_request("list", 123'456);
  metrics.set_backlog("orders", 4, 5'000'000'000);
  metrics.set_oldest_waiting(Time{std::chrono::microseconds(1'500'000)});
  metrics.set_unsent_messages(6);
  metrics.set_ignored_objects(IgnoredObject::FolderMarker, 7);
  metrics.set_leader(true);
  EXPECT_EQ(value(metrics, R"(deliveries_total{entity="orders",kind="change",result="rejected"})"), "1");
  EXPECT_EQ(value(metrics, R"(deliveries_total{entity="orders",kind="change",result="failed"})"), "1");
  EXPECT_EQ(value(metrics, R"(errors_total{kind="retry",step="fetch"})"), "1");
  EXPECT_EQ(value(metrics, R"(errors_total{kind="permanent",step="unknown"})"), "1");
  EXPECT_EQ(value(metrics, R"(retries_total{peer="target"})"), "1");
  EXPECT_EQ(value(metrics, "messages_published_total"), "3");
  EXPECT_EQ(value(metrics, R"(s3_requests_total{code="206",operation="get"})"), "1");
  EXPECT_EQ(value(metrics, R"(s3_requests_total{code="none",operation="get"})"), "1");
  EXPECT_EQ(value(metrics, R"(s3_requests_total{code="other",operation="list"})"), "1");
  EXPECT_EQ(value(metrics, R"(backlog_files{entity="orders"})"), "4");
  EXPECT_EQ(value(metrics, R"(backlog_bytes{entity="orders"})"), "5000000000");
  EXPECT_EQ(value(metrics, "oldest_waiting_object_timestamp_seconds"), "1.5");
  EXPECT_EQ(value(metrics, "unsent_messages"), "6");
  EXPECT_EQ(value(metrics, R"(ignored_objects{reason="folder_marker"})"), "7");
  EXPECT_EQ(value(metrics, "leader"), "1");
  metrics.set_oldest_waiting(std::nullopt);
  metrics.set_leader(false);
  EXPECT_EQ(value(metrics, "oldest_waiting_object_timestamp_seconds"), "0");
  EXPECT_EQ(value(metrics, "leader"), "0");
}

TEST(MetricsTest, WhatIsNoLongerQuarantinedFallsToZero) {
  Metrics metrics("1");
  metrics.set_quarantined({{"orders", {.files = 2, .rows = 5}}, {"fills", {.files = 1, .rows = 0}}});
  EXPECT_EQ(value(metrics, R"(quarantined_files{entity="orders"})"), "2");
  EXPECT_EQ(value(metrics, R"(quarantined_rows{entity="orders"})"), "5");
  metrics.set_quarantined({{"fills", {.files = 1, .rows = 0}}});
  EXPECT_EQ(value(metrics, R"(quarantined_files{entity="orders"})"), "0");
  EXPECT_EQ(value(metrics, R"(quarantined_rows{entity="orders"})"), "0");
  EXPECT_EQ(value(metrics, R"(quarantined_files{entity="fills"})"), "1");
  EXPECT_EQ(metrics.snapshot().quarantined.size(), 1U);
}

TEST(MetricsTest, TimesAreUnixTimes) {
  Metrics metrics("1");
  const auto before = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
  metrics.poll_done();
  metrics.poll_completed();
  const auto after = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
  for (const char* series : {"last_poll_timestamp_seconds", "last_success_timestamp_seconds"}) {
    const auto seconds = std::stod(value(metrics, series));
    EXPECT_GE(seconds, before.count() - 0.001) << series;
    EXPECT_LE(seconds, after.count() + 0.001) << series;
  }
}

TEST(MetricsTest, TheProcessIsDescribed) {
  const Metrics metrics("1");
  const auto text = metrics.text();
  const auto number = [&text](const std::string& series) {
    const auto at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + series.size() + 2));
  };
  EXPECT_GE(number("process_cpu_seconds_total"), 0);
  EXPECT_GT(number("process_resident_memory_bytes"), 1'000'000);
  EXPECT_GE(number("process_virtual_memory_bytes"), number("process_resident_memory_bytes"));
  EXPECT_GE(number("process_open_fds"), 3);
  EXPECT_GE(number("process_max_fds"), number("process_open_fds"));
  const auto now =
      static_cast<double>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  EXPECT_NEAR(number("process_start_time_seconds"), now, 3600);
  const int extra = ::dup(0);
  const auto before = number("process_open_fds");
  EXPECT_THAT(metrics.text(), HasSubstr("process_open_fds " + std::to_string(static_cast<int>(before) + 1)));
  ::close(extra);
}

TEST(MetricsTest, PromtoolHasNothingToSay) {
  Metrics metrics("1.0\"\n\xff");
  const std::vector<std::string> hostile{"orders",
                                         "quote\"back\\slash",
                                         "two\nlines\r\t",
                                         std::string("zero\0byte", 9),
                                         "latin\xe9",
                                         "overlong\xc0\xaf",
                                         "surrogate\xed\xa0\x80",
                                         "too high\xf5\x80\x80\x80",
                                         "cut\xe2\x82",
                                         "{entity=\"x\"} 5",
                                         "",
                                         "\xc3\xa4\xf0\x9f\x98\x80",
                                         std::string(5000, 'x')};
  for (const auto& entity : hostile) {
    metrics.declare_entity(entity);
    auto done = delivery();
    done.entity = entity;
    done.effects[entity] = {.created = 1, .amended = 1, .removed = 1};
    metrics.delivery_done(done);
    metrics.delivery_not_loaded(entity, DeliveryKind::Change, NotLoaded::Failed);
    metrics.set_backlog(entity, 1, 2);
  }
  metrics.count_error(std::nullopt, ErrorKind::Retry);
  metrics.count_s3_request("get", 206);
  metrics.poll_done();
  metrics.poll_completed();
  const auto checked = promtool(metrics.text());
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_EQ(checked.out + checked.err, "");
}

TEST(MetricsTest, PromtoolWouldSayItOfBrokenText) {
  EXPECT_NE(promtool(Metrics("1").text() + "broken{x=\"\xff\"} 1\n").status, 0);
}

TEST(MetricsTest, AnyThreadMayCountWhileAnotherReads) {
  Metrics metrics("1");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&metrics] {
        for (int k = 0; k < 500; ++k) {
          metrics.count_retry(Dependency::Source);
          metrics.delivery_not_loaded("orders", DeliveryKind::Change, NotLoaded::Failed);
          metrics.add_step_seconds(Step::Parse, 0.5);
        }
      });
    }
    for (int k = 0; k < 50; ++k) EXPECT_THAT(metrics.text(), HasSubstr("retries_total"));
  }
  EXPECT_EQ(value(metrics, R"(retries_total{peer="source"})"), "2000");
  EXPECT_EQ(value(metrics, R"(deliveries_total{entity="orders",kind="change",result="failed"})"), "2000");
  EXPECT_EQ(value(metrics, R"(step_seconds_total{step="parse"})"), "1000");
}

}  // namespace
}  // namespace peo::metrics
