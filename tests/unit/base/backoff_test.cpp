#include "base/backoff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace peo {
namespace {

using ::testing::HasSubstr;

std::string log_of(Backoff& backoff, const Error& error) {
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(backoff.wait(error));
  return ::testing::internal::GetCapturedStderr();
}

TEST(Backoff, AnErrorIsLoggedOnceUntilItBecomesAnother) {
  const Cancellation stop;
  Backoff backoff(stop, std::nullopt, std::chrono::nanoseconds(1), std::chrono::nanoseconds(1));
  const auto cut = Error::retry("the connection was lost"), refused = Error::retry("the login is refused");
  EXPECT_THAT(log_of(backoff, cut), HasSubstr("the connection was lost"));
  EXPECT_EQ(log_of(backoff, cut), "");
  EXPECT_THAT(log_of(backoff, refused), HasSubstr("the login is refused. Retrying (attempt 3)"));
  EXPECT_EQ(log_of(backoff, refused), "");
}

TEST(Backoff, AnotherOutageIsAnotherLine) {
  const Cancellation stop;
  Backoff backoff(stop, std::nullopt, std::chrono::nanoseconds(1), std::chrono::nanoseconds(1));
  const auto cut = Error::retry("the connection was lost");
  log_of(backoff, cut);
  ::testing::internal::CaptureStderr();
  backoff.recovered();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("Recovered"));
  EXPECT_THAT(log_of(backoff, cut), HasSubstr("the connection was lost. Retrying."));
}

TEST(Backoff, ASpentBudgetEndsIt) {
  const Cancellation stop;
  Backoff backoff(stop, std::chrono::nanoseconds(0));
  EXPECT_FALSE(backoff.wait(Error::retry("the connection was lost")));
}

}  // namespace
}  // namespace peo
