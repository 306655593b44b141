// NATS accepts URLs with every kind of credentials, and explains what it refuses.
#include "config/nats_settings.hpp"

#include <gmock/gmock.h>

namespace peo::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NatsSettings parsed_nats(std::string_view text) {
  Problems problems;
  auto nats = read_nats(text, problems);
  EXPECT_THAT(problems.texts(), IsEmpty()) << text;
  return nats;
}

std::vector<std::string> nats_problems(std::string_view text) {
  Problems problems;
  read_nats(text, problems);
  return problems.texts();
}

TEST(NatsSettings, UserAndPassword) {
  const auto nats = parsed_nats("nats://us%40er:p%3Aw%2F%25@host:4333");
  EXPECT_EQ(nats.user, "us@er");
  EXPECT_EQ(nats.password, "p:w/%");
  EXPECT_EQ(nats.token, "");
  EXPECT_FALSE(nats.tls);
  EXPECT_THAT(nats.servers, ElementsAre(HostPort{"host", 4333}));
  EXPECT_EQ(nats.display(), "nats://***@host:4333");
}

TEST(NatsSettings, TokenTlsAndDefaults) {
  const auto nats = parsed_nats("TLS://to%2Cken@[::1]/");
  EXPECT_EQ(nats.token, "to,ken");
  EXPECT_EQ(nats.user, "");
  EXPECT_TRUE(nats.tls);
  EXPECT_THAT(nats.servers, ElementsAre(HostPort{"::1", 4222}));
  EXPECT_EQ(nats.display(), "tls://***@[::1]:4222");
  EXPECT_EQ(parsed_nats("nats://127.0.0.1").display(), "nats://127.0.0.1:4222");
  EXPECT_EQ(parsed_nats("nats://token-with:colon@h").display(), "nats://***@h:4222");
}

TEST(NatsSettings, ListsShareTheirCredentials) {
  const auto nats = parsed_nats("nats://a:1,nats://u:p@b:2,nats://u:p@c:3");
  EXPECT_THAT(nats.servers, ElementsAre(HostPort{"a", 1}, HostPort{"b", 2}, HostPort{"c", 3}));
  EXPECT_EQ(nats.user, "u");
  EXPECT_EQ(nats.password, "p");
  EXPECT_THAT(nats_problems("nats://u:p@a,nats://u:q@b"),
              ElementsAre(HasSubstr("address 2: all addresses must have")));
  EXPECT_THAT(nats_problems("nats://u:p@a,nats://t@b"), ElementsAre(HasSubstr("same user and password")));
  EXPECT_THAT(nats_problems("nats://a,tls://b"),
              ElementsAre(HasSubstr("either all addresses or none must be tls://")));
  EXPECT_THAT(nats_problems("http://a,nats://b:x,nats://c"),
              ElementsAre(HasSubstr("address 1: "), HasSubstr("address 2: ")));
}

TEST(NatsSettings, WrongOnesAreExplained) {
  const std::pair<const char*, const char*> wrong[] = {
      {"host:4222", "doesn't start with nats:// or tls://"},
      {"http://host", "doesn't start with nats:// or tls://"},
      {"://host", "doesn't start with nats:// or tls://"},
      {"nats://", "host or port"},
      {"nats://h:0", "host or port"},
      {"nats://h:65536", "host or port"},
      {"nats://h:x", "host or port"},
      {"nats://::1", "host or port"},
      {"nats://u:p@", "host or port"},
      {"nats://h,", "doesn't start with nats://"},
      {"nats://h/x", "a /, ?, #"},
      {"nats://h?x", "a /, ?, #"},
      {"nats://u:p@w@h", "more than one @"},
      {"nats://u:p:w@h", "second :"},
      {"nats://u:%zz@h", "hexadecimal"},
      {"nats://u:a%0d%0aPUB@h", "hexadecimal"},
      {"nats://@h", "the user or token before"},
      {"nats://:p@h", "the user or token before"},
      {"nats://h nats://i", "space"},
      {"nats://h, nats://i", "space"},
      {"nats://h\r\nPUB x", "line break"},
      {"\"nats://h\"", "quote"},
      {"nats://h\xc3\xa9", "ASCII"}};
  for (const auto& [text, problem] : wrong) {
    EXPECT_THAT(nats_problems(text), ElementsAre(HasSubstr(problem))) << text;
  }
}

}  // namespace
}  // namespace peo::config
