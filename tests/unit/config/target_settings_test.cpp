// TARGET reaches libpq unchanged, is shown without its password, and a wrong one is explained.
#include "config/target_settings.hpp"

#include <gmock/gmock.h>

namespace peo::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> target_problems(std::string_view text) {
  Problems problems;
  read_target(text, problems);
  return problems.texts();
}

TEST(TargetSettings, GoodOnesAreKeptUnchangedAndShownWithoutThePassword) {
  const std::pair<const char*, const char*> good[] = {
      {"user=me password=pw host=localhost port=5432 dbname=paper_engine",
       "host=localhost port=5432 user=me dbname=paper_engine"},
      {"user = me password = 'it\\'s @/:' dbname = 'a b'", "user=me dbname=a b"},
      {"postgresql://me:p%40w@h:1/db?sslmode=require", "host=h port=1 user=me dbname=db"},
      {"postgres://me:p?w@h/db", "host=h user=me dbname=db"},
      {"postgres://h1:1,h2:2/db?target_session_attrs=read-write", "host=h1,h2 port=1,2 dbname=db"},
      {"postgres://%2Fvar%2Frun/db?user=a@b", "host=/var/run user=a@b dbname=db"},
      {"postgres://h/?user=a@b", "host=h user=a@b"},
      {"postgres://[::1]/d%40b", "host=::1 dbname=d@b"},
      {"host=@abstract,h", "host=@abstract,h"},
      {"hostaddr=127.0.0.1 user=a@b", "hostaddr=127.0.0.1 user=a@b"},
      {"service=mine", "service=mine"},
      {"password=pw", "libpq's defaults"},
      {"postgres://", "libpq's defaults"}};
  for (const auto& [text, display] : good) {
    Problems problems;
    const auto target = read_target(text, problems);
    EXPECT_THAT(problems.texts(), IsEmpty()) << text;
    EXPECT_EQ(target.conninfo, text);
    EXPECT_EQ(target.display, display);
  }
}

TEST(TargetSettings, WrongOnesAreExplained) {
  const std::pair<const char*, const char*> wrong[] = {
      {"paper_engine", "a word has no \"=\""},
      {"password=a b user=c", "a word has no \"=\""},
      {"user='me", "quote is not closed"},
      {"colour=blue", "a keyword is unknown to libpq"},
      {"passwrd=x", "did you mean password?"},
      {"user=me dbnam=x", "did you mean dbname?"},
      {"postgres://u:a%zz@h", "two hexadecimal digits"},
      {"postgres://u:a%00@h", "%00"},
      {"postgres://u@[::1", "IPv6"},
      {"postgres://u@[::1]x", "unexpected character"},
      {"postgres://h?sslmod=x", "did you mean sslmode?"},
      {"postgres://h?a", "name=value"},
      {"postgres://h?a=b=c", "name=value"},
      {"postgres://h:port/db", "1 to 65535"},
      {"host=h port=99999", "1 to 65535"},
      {"host=h port=0", "1 to 65535"},
      {"host=a,b port=1,x", "1 to 65535"},
      {"host=u@h", "the host contains an @"},
      {"dbname=postgres://u:p@h/db", "whole connection string"},
      {"dbname='user=me host=h'", "whole connection string"},
      {"user= password=x", "another password="},
      {"user='me password=x'", "another password="},
      {"jdbc:postgresql://h/db", "JDBC"},
      {"JDBC:postgresql://h/db?user=a&password=b", "JDBC"},
      {"mysql://u:p@h/db", "doesn't start with postgresql:// or postgres://"},
      {"\"user=me\"", "double quotes"}};
  for (const auto& [text, problem] : wrong) {
    EXPECT_THAT(target_problems(text), ElementsAre(HasSubstr(problem))) << text;
  }
}

TEST(TargetSettings, AnUnencodedPasswordInAUriIsExplained) {
  EXPECT_THAT(target_problems("postgres://u:p@ss@h/db"),
              ElementsAre(AllOf(HasSubstr("host"), HasSubstr("%40"))));
  EXPECT_THAT(target_problems("postgres://u:p@@h/db"),
              ElementsAre(AllOf(HasSubstr("host"), HasSubstr("%40"))));
  EXPECT_THAT(target_problems("postgres://u:p/w@h/db"),
              ElementsAre(AllOf(HasSubstr("database"), HasSubstr("%2F"))));
  EXPECT_THAT(target_problems("postgres://u:12/3@h/db"),
              ElementsAre(AllOf(HasSubstr("database"), HasSubstr("%2F"))));
  EXPECT_THAT(target_problems("postgres://u:p?x@y@h/db"), ElementsAre(HasSubstr("%40")));
}

}  // namespace
}  // namespace peo::config
