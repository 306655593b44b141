// Faults between the loader and the bucket, end to end: what the server may answer, and what may happen to
// the connection, at the listing and at each kind of file. What an answer means by itself is tested with
// S3Source.
#include <fmt/chrono.h>

#include <array>
#include <atomic>

#include "fault_world.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Which requests: by a part of their target.
struct Place {
  std::string name, part;
};
const std::vector<Place>& places() {
  static const std::vector<Place> list{
      {"the first listing", "list-type=2"},
      {"the listing of a directory", "prefix=data%2Fdbo%2Forders"},
      {"a full load", "/orders/LOAD00000002"},
      {"a big change", "/orders/20990101-000001000"},
      {"a small change", "/orders/20990101-000004000"},
  };
  return list;
}

class S3EndToEnd : public FaultWorld {
 protected:
  // The first `times` requests of the place get the answer that `make` makes of the usual one.
  void answer(const Place& place, int times, const std::function<FakeAnswer(const FakeAnswer&)>& make) {
    left_ = times;
    s3_.on_request([this, part = place.part, make](const FakeRequest& request, const FakeAnswer& usual) {
      std::optional<FakeAnswer> other;
      if (request.target.find(part) != std::string::npos && left_-- > 0) other = make(usual);
      return other;
    });
  }
  // The place's request and all that come after it get this answer.
  void answer_from(const Place& place, const FakeAnswer& answer) {
    refused_ = false;
    s3_.on_request([this, part = place.part, answer](const FakeRequest& request, const FakeAnswer&) {
      if (request.target.find(part) != std::string::npos) refused_ = true;
      return refused_ ? std::optional(answer) : std::nullopt;
    });
  }
  std::atomic<int> left_{0};
  std::atomic<bool> refused_{false};
};

TEST_F(S3EndToEnd, AnswersThatPass) {
  struct Kind {
    std::string name;
    std::function<FakeAnswer(const FakeAnswer&)> make;
  };
  const std::vector<Kind> kinds{
      {"503 SlowDown",
       [](const auto&) { return s3_error(503, "SlowDown", "Please reduce your request rate."); }},
      {"500",
       [](const auto&) { return s3_error(500, "InternalError", "We encountered an internal error."); }},
      {"an error inside a 200", [](const auto&) { return s3_error(200, "InternalError", "Half way."); }},
      {"nothing at all",
       [](auto usual) {
         usual.hang_up = true;
         return usual;
       }},
      {"a body cut in the middle",
       [](auto usual) {
         usual.cut_after = usual.body.size() / 2;
         return usual;
       }},
      {"a short body, said to be whole",
       [](auto usual) {
         usual.body.resize(usual.body.size() - 7);
         return usual;
       }},
      {"a body with a changed byte",
       [](auto usual) {
         usual.body[usual.body.size() / 2] ^= 1;
         usual.headers["ETag"] = "\"another\"";
         return usual;
       }},
  };
  std::size_t turn = 0;
  for (const auto& place : places()) {
    const bool list = place.part.find('=') != std::string::npos;
    for (const auto& kind : kinds) {
      ++turn;
      if (!all_faults() && turn % 8 != 3) continue;
      // Listings have no ETag, and half a listing that says it is whole is none that S3 would send.
      if (list && (kind.name.starts_with("a short body") || kind.name.starts_with("a body with"))) continue;
      SCOPED_TRACE(place.name + ": " + kind.name);
      new_target();
      answer(place, 2, kind.make);
      EXPECT_EQ(run_to_the_end(), 0);
      EXPECT_LT(left_, 0) << "it was not asked for\n" << loader_->log();
      EXPECT_THAT(texts_of(loader_->log(), "ERROR"), IsEmpty()) << loader_->log();
      expect_all_well();
    }
  }
}

// The bucket turns out to be in another region, in the middle of a run.
TEST_F(S3EndToEnd, AnotherRegion) {
  new_target();
  s3_.on_request([](const FakeRequest& request, const FakeAnswer&) -> std::optional<FakeAnswer> {
    if (request.headers.at("authorization").find("/eu-west-3/s3/") != std::string::npos) return std::nullopt;
    auto refusal = s3_error(301, "PermanentRedirect", "The bucket is elsewhere.");
    refusal.headers["x-amz-bucket-region"] = "eu-west-3";
    return refusal;
  });
  EXPECT_EQ(run_to_the_end(), 0);
  expect_all_well();
}

// An error that only a person can fix ends the loader, in the middle of a file too; the next run goes on.
TEST_F(S3EndToEnd, AnswersThatEndIt) {
  struct Kind {
    FakeAnswer answer;
    int status;
    std::string hint;
  };
  auto skewed = s3_error(403, "RequestTimeTooSkewed", "The difference between the times is too large.");
  const auto there = std::time(nullptr) - 1200;
  skewed.headers["Date"] = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(there));
  const std::vector<Kind> kinds{
      {s3_error(400, "ExpiredToken", "The provided token has expired."), 77, "token"},
      {skewed, 77, "s ahead of the server's."},
      {s3_error(403, "AccessDenied", "Access Denied"), 77, "s3:GetObject"},
      {s3_error(404, "NoSuchBucket", "The bucket is gone."), 78, "there is no bucket trades"},
  };
  std::size_t turn = 0;
  for (const auto& place : places()) {
    for (const auto& kind : kinds) {
      if (!all_faults() && turn++ % 6 != 1) continue;
      SCOPED_TRACE(place.name + ": " + kind.answer.body);
      new_target();
      answer_from(place, kind.answer);
      const auto ran = run_loader(loader_command, settings());
      EXPECT_EQ(ran.status, kind.status) << ran.err;
      EXPECT_THAT(texts_of(ran.err, "ERROR"),
                  ElementsAre(AllOf(HasSubstr(kind.hint), Not(HasSubstr("secret")))));
      s3_.on_request(nullptr);
      EXPECT_EQ(run_to_the_end(), 0);
      expect_all_well();
    }
  }
}

// An object is rewritten while it is read: what was read of the first is discarded, the second is loaded.
TEST_F(S3EndToEnd, AnObjectIsReplacedWhileItIsRead) {
  const std::vector<std::string> files{"dbo/orders/20990101-000001000.csv.gz",
                                       "dbo/orders/20990101-000004000.csv.gz",
                                       "dbo/orders/LOAD00000002.csv.gz"};
  const auto old = stream_.files;
  for (const auto& key : files) {
    SCOPED_TRACE(key);
    new_target();
    stream_.files = old;
    const auto at = std::find_if(stream_.files.begin(), stream_.files.end(),
                                 [&](const auto& file) { return file.object_key == key; });
    const auto before = gzipped(at->text());
    s3_.put("data/" + key, before);
    for (auto& row : at->rows) {
      if (row.operation != 'D') row.fields[1] = {"replaced", "replaced"};
    }
    const auto after = gzipped(at->text());
    // The listing shows the old one; it is cut in the middle, and the rest is not given before the new one is
    // there.
    std::atomic<bool> cut{false};
    std::atomic<bool> replaced{false};
    s3_.on_request([&](const FakeRequest& request, const FakeAnswer& usual) -> std::optional<FakeAnswer> {
      if (replaced || request.target.find(key) == std::string::npos) return std::nullopt;
      if (cut.exchange(true)) return s3_error(503, "SlowDown", "Please reduce your request rate.");
      auto half = usual;
      half.cut_after = usual.body.size() / 2;
      return half;
    });
    loader_ = std::make_unique<RunningLoader>(loader_command, settings());
    ASSERT_TRUE(eventually([&] { return cut.load(); }));
    s3_.put("data/" + key, after);
    replaced = true;
    EXPECT_EQ(loader_->process().wait(), 0) << loader_->log();
    s3_.on_request(nullptr);
    Database sql(database_->conninfo());
    ApplyOracle oracle(sql, stream_.tables);
    for (const auto& row : sql.rows("SELECT delivery_id, object_key FROM loader_deliveries ORDER BY 1")) {
      for (const auto& file : stream_.files) {
        if (file.object_key == row[1]) oracle.apply(file, std::stoull(row[0].value()));
      }
    }
    EXPECT_THAT(oracle.differences(), IsEmpty()) << loader_->log();
    s3_.put("data/" + key, before);
  }
}

TEST_F(S3EndToEnd, TheConnection) {
  struct Kind {
    std::string name;
    GateFaults faults;
  };
  const std::vector<Kind> kinds{{"slow", {.delay = std::chrono::milliseconds(5)}},
                                {"throttled", {.bytes_per_second = 200'000}},
                                {"refused", {.refuse = true}},
                                {"vanished", {.vanish = true}}};
  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.name);
    new_target();
    s3_gate_.faults(kind.faults);
    loader_ = std::make_unique<RunningLoader>(loader_command, settings());
    if (kind.faults.refuse || kind.faults.vanish) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      s3_gate_.faults({});
    }
    EXPECT_EQ(loader_->process().wait(), 0) << loader_->log();
    expect_all_well();
  }
  SCOPED_TRACE("cut again and again");
  new_target();
  loader_ = std::make_unique<RunningLoader>(loader_command, settings());
  for (std::uint64_t bytes = 500; loader_->process().running() && bytes < 200'000; bytes *= 4) {
    s3_gate_.faults({.cut_after = bytes});
    const auto before = s3_gate_.connections();
    eventually([&] { return !loader_->process().running() || s3_gate_.connections() > before + 1; },
               std::chrono::seconds(3));
  }
  s3_gate_.faults({});
  EXPECT_EQ(loader_->process().wait(), 0) << loader_->log();
  expect_all_well();
}

}  // namespace
}  // namespace peo::test
