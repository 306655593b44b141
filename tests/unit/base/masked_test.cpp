// Secrets that a server sends back.
#include "base/masked.hpp"

#include <gtest/gtest.h>

#include <array>

namespace peo {
namespace {

TEST(Masked, SecretsInEveryForm) {
  const std::array<std::string, 4> secrets{"the/secret+key", "", "a", "token"};
  EXPECT_EQ(masked("a the/secret+key b the%2Fsecret%2Bkey c the/secret%2Bkey d", secrets),
            "a *** b *** c *** d");
  EXPECT_EQ(masked("tokentoken, tok en", secrets), "******, tok en");
  EXPECT_EQ(masked("nothing", secrets), "nothing");
  EXPECT_EQ(masked("the****", std::array<std::string, 1>{"****"}), "the***");
  EXPECT_TRUE(holds_secret("?x=the%2Fsecret%2Bkey", secrets));
  EXPECT_FALSE(holds_secret("the/secret key", secrets));
}

}  // namespace
}  // namespace peo
