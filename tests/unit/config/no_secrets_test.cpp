// No secret may show up in any text made from the settings, however the value is malformed. A secret here is
// two marked halves with something between them that breaks the syntax in one way or another.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <tuple>

#include "base/error.hpp"
#include "config/render.hpp"
#include "config/settings.hpp"

namespace peo::config {
namespace {

constexpr std::string_view first_half = "QzXyA7", second_half = "WvUtB9";
constexpr std::string_view slips = " '\"\\=@/:?#%,&[]\n\tx0_";

// Every text that a user may get to see.
std::string texts_of(const Environment& environment) {
  try {
    const auto settings = read_settings(environment);
    std::string text = print_config(settings) + settings.source.display();
    if (settings.nats) text += settings.nats->display();
    if (settings.events) text += settings.events->display();
    if (settings.target) text += settings.target->display;
    for (const auto& warning : settings.warnings) text += warning;
    return text;
  } catch (const Error& error) {
    return error.describe() + error.what() + error.hint();
  }
}

void expect_no_secret(const std::string& variable, const std::string& value) {
  const std::string text = texts_of({{variable, value}});
  const std::string lower = lower_case(text);
  for (const auto half : {first_half, second_half}) {
    ASSERT_EQ(lower.find(lower_case(half)), std::string::npos) << variable << "=" << value << "\n" << text;
  }
}

std::vector<std::string> breakers() {
  std::vector<std::string> all = {"",     "  ",  " = ",  "= ",    " =",      "' ",   " '",    "'='",  "\\'",
                                  "\\ ",  "@h/", "/@",   ":1@",   "?a=",     "?=",   "&a=b&", "%zz",  "%0a",
                                  "%00",  "%",   "\r\n", "@[::1", "]x@",     "://",  ",",     ",,",   "\xff",
                                  "\xc3", "@h,", " x=",  "'x=",   "?a=b=c@", "$(x)", "{}{}",  "{0}%s"};
  for (int c = 1; c < 128; ++c) all.emplace_back(1, static_cast<char>(c));
  return all;
}

TEST(NoSecrets, WhereTheSecretBelongs) {
  const std::pair<const char*, const char*> places[] = {
      {"SOURCE_EVENTS", "nats://u:{}@h:4222/bucket.events"},
      {"SOURCE_EVENTS", "tls://{}@h/bucket.events"},
      {"SOURCE_EVENTS", "nats://u:{}@h"},
      {"TARGET", "user=u password={} host=h"},
      {"TARGET", "password={}"},
      {"TARGET", "password = {} port=x"},
      {"TARGET", "user=u password='{}' host=h"},
      {"TARGET", "user=u password='{} host=h"},
      {"TARGET", "user=u passwd={} host=h"},
      {"TARGET", "user=u sslpassword={} port=0"},
      {"TARGET", "postgres://u:{}@h:5432/db"},
      {"TARGET", "postgresql://u:{}@h/db?sslmode=require"},
      {"TARGET", "postgresql://:{}@h"},
      {"TARGET", "postgres://u:{}@[::1/db"},
      {"TARGET", "postgres://u:{}@h:x/db"},
      {"TARGET", "postgres://h/db?user=u&password={}"},
      {"TARGET", "postgres:/u:{}@h/db"},
      {"TARGET", "mysql://u:{}@h/db"},
      {"TARGET", "jdbc:postgresql://h/db?password={}"},
      {"TARGET", "\"password={}\""},
      {"TARGET", "dbname=postgres://u:{}@h/db"},
      {"SOURCE", "bucket_name=name bucket_id=i bucket_key={} bucket_path=data"},
      {"SOURCE", "bucket_key={} bucket_id=i bucket_name=x"},
      {"SOURCE", "bucket_key = '{}' bucket_id=i bucket_name=name"},
      {"SOURCE", "bucket_name=name bucket_id=i bucket_key='{}"},
      {"SOURCE", "bucket_name=name bucket_id=i bucket_key=k bucket_session_token={}"},
      {"SOURCE", "bucket_name=name bucket_key={}"},
      {"SOURCE", "bucket_path=. bucket_key={}"},
      {"SOURCE", "bucket_name=name bucket_id=i bucket_kye={}"},
      {"SOURCE", "bucket_name=name bucket_id=i bucket_secret={}"},
      {"SOURCE", "bucket_name=name bucket_endpoint=https://i:{}@h"},
      {"SOURCE", "bucket_name=name bucket_endpoint=i:{}@h"},
      {"SOURCE", "s3://i:{}@name"},
      {"SOURCE", "\"bucket_key={}\""},
      {"SOURCE", "{}"},
      {"TARGET", "{}"},
      {"NATS", "{}"},
      {"NATS", "nats://u:{}@h:4222"},
      {"NATS", "tls://u:{}@[::1]"},
      {"NATS", "nats://u:{}@h:x"},
      {"NATS", "nats://u:{}@"},
      {"NATS", "nats://u:{}@a,nats://u:other@b"},
      {"NATS", "nats://a,tls://u:{}@b"},
      {"NATS", "http://u:{}@h"},
      {"NATS", "nats:/u:{}@h"},
      {"NATS", "\"nats://u:{}@h\""},
      {"TARGET_FILE", "user=u password={}"},
      {"TARGET_FILE", "postgres://u:{}@h"},
      {"NATS_FILE", "nats://u:{}@h"},
      {"SOURCE_FILE", "bucket_key={}"},
      {"NATS_CA_FILE", "nats://u:{}@h"},
      {"ENTITIES", "postgres://u:{}@h"}};
  for (const auto& [variable, place] : places) {
    for (const auto& breaker : breakers()) {
      const auto secret = fmt::format("{}{}{}", first_half, breaker, second_half);
      expect_no_secret(variable, fmt::format(fmt::runtime(place), secret));
      if (HasFatalFailure()) return;
    }
  }
}

// A valid value with a single slip of the keyboard anywhere: a character too much, too few, or another one.
TEST(NoSecrets, OneSlipAnywhere) {
  const auto secret = fmt::format("{}{}", first_half, second_half);
  const std::pair<const char*, std::string> values[] = {
      {"TARGET", fmt::format("user=me password={} host=h port=5432 dbname=db", secret)},
      {"TARGET", fmt::format("password='{}' user='me' dbname=db", secret)},
      {"SOURCE",
       fmt::format("bucket_endpoint=https://h bucket_id=id bucket_key={} bucket_name=name bucket_path=data",
                   secret)},
      {"SOURCE", fmt::format("bucket_name='name' bucket_id='id' bucket_key='{}' bucket_style=auto", secret)},
      {"NATS", fmt::format("nats://me:{}@h:4222", secret)}};
  for (const auto& [variable, value] : values) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      expect_no_secret(variable, value.substr(0, i) + value.substr(i + 1));
      for (const char c : slips) {
        expect_no_secret(variable, value.substr(0, i) + c + value.substr(i));
        expect_no_secret(variable, value.substr(0, i) + c + value.substr(i + 1));
        if (HasFatalFailure()) return;
      }
    }
  }
}

// The same, but for the one character without which the secret can't be told from something else: a user
// without its ":" takes the password in, a token without its "@" is the host.
TEST(NoSecrets, OneSlipWhereOneIsDecisive) {
  const auto secret = fmt::format("{}{}", first_half, second_half);
  const std::tuple<const char*, std::string, char> values[] = {
      {"TARGET", fmt::format("postgres://me:{}@h:5432/db?sslmode=prefer", secret), ':'},
      {"NATS", fmt::format("tls://{}@a:4222", secret), '@'}};
  for (const auto& [variable, value, decisive] : values) {
    const auto excepted = value.find(decisive, value.find("//"));
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i != excepted) expect_no_secret(variable, value.substr(0, i) + value.substr(i + 1));
      for (const char c : slips) {
        expect_no_secret(variable, value.substr(0, i) + c + value.substr(i));
        if (i != excepted) expect_no_secret(variable, value.substr(0, i) + c + value.substr(i + 1));
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace peo::config
