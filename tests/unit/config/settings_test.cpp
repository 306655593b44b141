// Environment variables become checked settings: defaults, precedence, and all problems reported at once.
#include "config/settings.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv is POSIX

#include "base/error.hpp"
#include "config/render.hpp"
#include "config/setting_list.hpp"
#include "support/temp_dir.hpp"

namespace peo::config {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string error_of(const Environment& environment) {
  try {
    read_settings(environment);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
    EXPECT_EQ(error.kind(), ErrorKind::Fatal);
    return error.describe();
  }
  ADD_FAILURE() << "no error";
  return {};
}

void expect_defaults(const Settings& settings) {
  EXPECT_TRUE(settings.run_as_service);
  EXPECT_EQ(settings.min_sleep, 15s);
  EXPECT_EQ(settings.max_sleep, 30s);
  EXPECT_FALSE(settings.dry_run);
  EXPECT_TRUE(settings.notifications);
  EXPECT_FALSE(settings.nats);
  EXPECT_EQ(settings.source.kind, SourceKind::Sample);
  EXPECT_EQ(settings.source.directory, "paper-engine-data/sample");
  EXPECT_FALSE(settings.target);
  EXPECT_EQ(settings.data_dir, "paper-engine-data");
  EXPECT_EQ(settings.entities.kind, EntitiesKind::Wanted);
  EXPECT_EQ(settings.metrics_address, (HostPort{"127.0.0.1", 9464}));
  EXPECT_EQ(settings.log_level, log::Level::Info);
  EXPECT_EQ(settings.log_format, log::Form::Text);
  EXPECT_EQ(settings.retry_time, 60s);
  EXPECT_EQ(settings.look_back, 1h);
  EXPECT_EQ(settings.full_listing_interval, 24h);
  EXPECT_EQ(settings.schema_drift, SchemaDrift::Stop);
  EXPECT_EQ(settings.names_zone, nullptr);
  EXPECT_EQ(settings.max_inflate_ratio, 500U);
  EXPECT_EQ(settings.max_parquet_bytes, std::uint64_t{2} << 30U);
  EXPECT_EQ(settings.parquet_memory_bytes, std::uint64_t{256} << 20U);
  EXPECT_EQ(settings.read_ahead_bytes, 32U << 20U);
  EXPECT_EQ(settings.fetch_connections, 0U);
  EXPECT_EQ(settings.max_row_bytes, 64U << 20U);
  EXPECT_EQ(settings.aws_ca_bundle, "");
  EXPECT_EQ(settings.nats_ca_file, "");
  EXPECT_EQ(settings.pg_bindir, "");
  EXPECT_THAT(settings.warnings, IsEmpty());
}

TEST(Settings, Defaults) { expect_defaults(read_settings({})); }

TEST(Settings, EmptyIsUnset) {
  Environment environment;
  for (const auto& name : all_names()) {
    if (name != "METRICS_ADDRESS") environment[name] = name.size() % 2 == 0 ? "" : " \t";
  }
  expect_defaults(read_settings(environment));
}

TEST(Settings, EverythingSet) {
  const test::TempDir directory;
  test::write_file(directory / "ca.pem", "x");
  test::write_file(directory / "entities/one.sql", "select 1;");
  test::write_file(directory / "bin/initdb", "x");
  test::write_file(directory / "bin/postgres", "x");
  const auto settings = read_settings({{"RUN_AS_SERVICE", " no "},
                                       {"MIN_SLEEP", "500ms"},
                                       {"MAX_SLEEP", "0.5"},
                                       {"DRY_RUN", "on"},
                                       {"NOTIFICATIONS", "FALSE"},
                                       {"NATS", "tls://u:p@h"},
                                       {"SOURCE", "bucket_name=name"},
                                       {"TARGET", "host=h password=pw"},
                                       {"DATA_DIR", (directory / "data").string()},
                                       {"ENTITIES", (directory / "entities").string()},
                                       {"METRICS_ADDRESS", ":80"},
                                       {"LOG_LEVEL", "Warning"},
                                       {"LOG_FORMAT", "JSON"},
                                       {"RETRY_SECONDS", "0"},
                                       {"LOOK_BACK", "2h"},
                                       {"FULL_LISTING_INTERVAL", "0"},
                                       {"READ_AHEAD_BYTES", "1M"},
                                       {"MAX_ROW_BYTES", "1KiB"},
                                       {"AWS_CA_BUNDLE", (directory / "ca.pem").string()},
                                       {"NATS_CA_FILE", (directory / "ca.pem").string()},
                                       {"AWS_REGION", "eu-west-1"},
                                       {"AWS_DEFAULT_REGION", "us-east-1"},
                                       {"PG_BINDIR", (directory / "bin").string()}});
  EXPECT_FALSE(settings.run_as_service);
  EXPECT_EQ(settings.min_sleep, 500ms);
  EXPECT_EQ(settings.max_sleep, 500ms);
  EXPECT_TRUE(settings.dry_run);
  EXPECT_FALSE(settings.notifications);
  ASSERT_TRUE(settings.nats);
  EXPECT_TRUE(settings.nats->tls);
  EXPECT_EQ(settings.source.kind, SourceKind::S3);
  EXPECT_EQ(settings.source.region, "eu-west-1");
  ASSERT_TRUE(settings.target);
  EXPECT_EQ(settings.target->conninfo, "host=h password=pw");
  EXPECT_EQ(settings.data_dir, directory / "data");
  EXPECT_FALSE(std::filesystem::exists(directory / "data"));  // nothing is touched
  EXPECT_EQ(settings.entities.kind, EntitiesKind::Directory);
  EXPECT_EQ(settings.entities.directory, directory / "entities");
  EXPECT_EQ(settings.metrics_address, (HostPort{"0.0.0.0", 80}));
  EXPECT_EQ(settings.log_level, log::Level::Warning);
  EXPECT_EQ(settings.log_format, log::Form::Json);
  EXPECT_EQ(settings.retry_time, 0s);
  EXPECT_EQ(settings.look_back, 2h);
  EXPECT_EQ(settings.full_listing_interval, 0s);
  EXPECT_EQ(settings.read_ahead_bytes, 1U << 20U);
  EXPECT_EQ(settings.max_row_bytes, 1024U);
  EXPECT_EQ(settings.aws_ca_bundle, directory / "ca.pem");
  EXPECT_EQ(settings.nats_ca_file, directory / "ca.pem");
  EXPECT_EQ(settings.pg_bindir, directory / "bin");
}

TEST(Settings, ARemovedOneSaysWhatReplacedIt) {
  for (const auto& [name, replacement] : std::map<std::string, std::string>{
           {"FOLD_MEMORY", "TMPDIR"},
           {"MAX_INFLATE_TIME", "MAX_INFLATE_RATIO"},
           {"FULL_LOAD_TRANSACTION_BYTES", "one transaction"},
           {"MAX_REMOVE_ROWS",
            "MAX_REMOVE_SHARE is the limit for deliveries that remove more than 100,000 rows"}}) {
    EXPECT_THAT(error_of({{name, "1"}}),
                AllOf(HasSubstr(name + " is no longer a setting: "), HasSubstr(replacement)));
    read_settings({{name, " "}});  // empty is not set
  }
  EXPECT_EQ(read_settings({{"LATE_FILES", "hold"}}).late_files, LateFiles::Hold);
  EXPECT_THAT(error_of({{"LATE_FILES", "skip"}}),
              HasSubstr("LATE_FILES is \"skip\": skip is no longer supported; set hold, and skip each file "
                        "with the command skip"));
}

TEST(Settings, MetricsAddressSetButEmptyIsOff) {
  EXPECT_FALSE(read_settings({{"METRICS_ADDRESS", ""}}).metrics_address);
  EXPECT_FALSE(read_settings({{"METRICS_ADDRESS", " "}}).metrics_address);
  EXPECT_TRUE(read_settings({}).metrics_address);
  EXPECT_THAT(error_of({{"METRICS_ADDRESS", "localhost"}}), HasSubstr("METRICS_ADDRESS is \"localhost\""));
}

TEST(Settings, TheFolderOfTheTransactionFiles) {
  EXPECT_EQ(read_settings({}).cdc_path, "");
  for (const char* path : {"changes/cdc", "/changes/cdc", "changes/cdc/", "//changes/cdc//"})
    EXPECT_EQ(read_settings({{"CDC_PATH", path}}).cdc_path, "changes/cdc/") << path;
  for (const char* path : {"/", "a//b", "../a", "a/..", "./a"})
    EXPECT_THAT(error_of({{"CDC_PATH", path}}), HasSubstr("a prefix relative to bucket_path")) << path;
}

TEST(Settings, RegionOfSourceBeatsTheEnvironment) {
  const auto region = [](const Environment& environment) { return read_settings(environment).source.region; };
  EXPECT_EQ(region({{"SOURCE", "bucket_name=name bucket_region=a"}, {"AWS_REGION", "b"}}), "a");
  EXPECT_EQ(region({{"SOURCE", "bucket_name=name"}, {"AWS_DEFAULT_REGION", "c"}, {"AWS_REGION", "b"}}), "b");
  EXPECT_EQ(region({{"SOURCE", "bucket_name=name"}, {"AWS_DEFAULT_REGION", "c"}}), "c");
  EXPECT_EQ(region({{"SOURCE", "bucket_name=name"}}), "");
}

TEST(Settings, EndpointsOfTheEnvironmentAreForABucketWithoutOne) {
  const auto read = [](Environment environment) { return read_settings(environment); };
  const auto endpoint = [&](const Environment& environment) { return read(environment).source.endpoint; };
  const std::pair<const std::string, std::string> all{"AWS_ENDPOINT_URL", "http://localhost:4566/"};
  const std::pair<const std::string, std::string> s3{"AWS_ENDPOINT_URL_S3", "https://s3.example.com"};
  const std::pair<const std::string, std::string> bucket{"SOURCE", "bucket_name=name"};
  EXPECT_EQ(endpoint({bucket}), "");
  EXPECT_EQ(endpoint({bucket, all}), "http://localhost:4566");
  EXPECT_EQ(endpoint({bucket, all, s3}), "https://s3.example.com");
  EXPECT_EQ(endpoint({{"SOURCE", "bucket_name=name bucket_endpoint=https://mine"}, all, s3}), "https://mine");
  EXPECT_EQ(endpoint({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}, bucket, all, s3}), "");
  EXPECT_EQ(read({bucket, s3}).source.display(), "s3://name at https://s3.example.com");
  EXPECT_EQ(read({bucket, all}).aws.sts_endpoint, "http://localhost:4566");
  EXPECT_EQ(read({bucket, all, {"AWS_ENDPOINT_URL_STS", "sts.example.com"}}).aws.sts_endpoint,
            "https://sts.example.com");
  EXPECT_EQ(read({all, s3}).source.kind, SourceKind::Sample);
  EXPECT_THROW(read({bucket, {"AWS_ENDPOINT_URL", "ftp://localhost"}}), SettingsError);
}

TEST(Settings, TheSampleBucketIsInTheDataFolder) {
  EXPECT_EQ(read_settings({{"DATA_DIR", "/nowhere/x"}}).source.directory, "/nowhere/x/sample");
}

TEST(Settings, AllProblemsAreReportedAtOnce) {
  const auto text = error_of({{"RUN_AS_SERVICE", "maybe"},
                              {"MIN_SLEEP", "60"},
                              {"DRY_RUN", "2"},
                              {"NATS", "http://h"},
                              {"SOURCE", "colour=blue"},
                              {"TARGET", "host=h port=x"},
                              {"ENTITIES", "/nowhere/at/all"},
                              {"LOG_LEVEL", "loud"},
                              {"READ_AHEAD_BYTES", "1"},
                              {"AWS_REGION", "a/b"}});
  for (const char* part :
       {"10 errors", "(1) RUN_AS_SERVICE is \"maybe\": expected True or False", "DRY_RUN is \"2\"",
        "NATS: ", "SOURCE: unknown key \"colour\"", "TARGET: the port", "ENTITIES is \"/nowhere/at/all\"",
        "LOG_LEVEL is \"loud\"", "READ_AHEAD_BYTES is \"1\"", "AWS_REGION is \"a/b\"",
        "(10) MIN_SLEEP is greater than MAX_SLEEP (60 and 30 seconds)"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("\n")));
}

TEST(Settings, WrongValuesNameWhatIsAccepted) {
  const test::TempDir directory;
  const std::string path = directory.path().string();
  test::write_file(directory / "file", "x");
  const std::pair<Environment, const char*> wrong[] = {
      {{{"MIN_SLEEP", "0"}}, "MIN_SLEEP is \"0\": expected seconds"},
      {{{"MAX_SLEEP", "-5"}}, "MAX_SLEEP is \"-5\": expected seconds"},
      {{{"SCHEMA_DRIFT", "drop"}}, "SCHEMA_DRIFT is \"drop\": expected stop, ignore or add"},
      {{{"DATE_PARTITION_TIMEZONE", "Europe/Nowhere"}},
       "DATE_PARTITION_TIMEZONE is \"Europe/Nowhere\": expected a time zone of the IANA database"},
      {{{"MIN_SLEEP", "31"}}, "MIN_SLEEP is greater than MAX_SLEEP"},
      {{{"MAX_SLEEP", "14.9"}}, "MIN_SLEEP is greater than MAX_SLEEP"},
      {{{"MIN_SLEEP", "0.0000000001"}}, "more than 0"},
      {{{"LOG_FORMAT", "xml"}}, "text or json"},
      {{{"DATA_DIR", path + "/file"}}, "exists and is not a directory"},
      {{{"ENTITIES", path}}, "has no *.sql files"},
      {{{"ENTITIES", path + "/file"}}, "not a readable directory"},
      {{{"AWS_CA_BUNDLE", path + "/absent"}}, "no such file"},
      {{{"NATS_CA_FILE", path}}, "no such file"},
      {{{"PG_BINDIR", path}}, "initdb and postgres"},
      {{{"MAX_ROW_BYTES", "0"}}, "from 1 to 1073741824"},
      {{{"MAX_ROW_BYTES", "2G"}}, "from 1 to 1073741824"},
      {{{"FULL_LISTING_INTERVAL", "never"}}, "0 or more"}};
  for (const auto& [environment, text] : wrong) {
    EXPECT_THAT(error_of(environment),
                AllOf(HasSubstr(environment.begin()->first.substr(3)), HasSubstr(text)));
  }
  EXPECT_THAT(error_of({{"LOG_LEVEL", std::string(100000, 'x') + "\n"}}).size(), testing::Lt(400U));
}

TEST(Settings, OneWayToLogInToNats) {
  const test::TempDir directory;
  test::write_file(directory / "a", "x");
  const auto file = (directory / "a").string();
  const auto settings = read_settings({{"NATS", "tls://h"},
                                       {"NATS_CREDENTIALS_FILE", file},
                                       {"NATS_CERT_FILE", file},
                                       {"NATS_KEY_FILE", file}});
  EXPECT_EQ(settings.nats_credentials_file, file);
  EXPECT_EQ(settings.nats_cert_file, file);
  EXPECT_EQ(settings.nats_key_file, file);
  EXPECT_EQ(read_settings({{"NATS", "nats://h"}, {"NATS_NKEY_SEED", "SUX"}}).nats_nkey_seed, "SUX");
  for (const Environment& two : {Environment{{"NATS", "nats://u:p@h"}, {"NATS_NKEY_SEED", "SUX"}},
                                 Environment{{"NATS", "nats://t@h"}, {"NATS_CREDENTIALS_FILE", file}},
                                 Environment{{"NATS_NKEY_SEED", "SUX"}, {"NATS_CREDENTIALS_FILE", file}}})
    EXPECT_THAT(error_of(two), HasSubstr("more than one login method is set"));
  EXPECT_THAT(error_of({{"NATS", "tls://h"}, {"NATS_CERT_FILE", file}}), HasSubstr("set both or neither"));
  EXPECT_THAT(error_of({{"NATS", "tls://h"}, {"NATS_KEY_FILE", file}}), HasSubstr("set both or neither"));
  EXPECT_THAT(error_of({{"NATS", "nats://h"}, {"NATS_CERT_FILE", file}, {"NATS_KEY_FILE", file}}),
              HasSubstr("tls://"));
}

// In the wrong variable, too.
TEST(Settings, AKeyIsNeverShown) {
  const std::string seed = "SUANXVZZO23GX3ACCBT3MMFS7U76WRMNCX4DFEWKFFBMWZLZ6RLVKKUMKI";
  for (const char* name :
       {"NATS_NKEY_SEED_FILE", "NATS_CREDENTIALS_FILE", "NATS_KEY_FILE", "NATS", "LOG_LEVEL"}) {
    for (const auto& value :
         {seed, "-----BEGIN USER NKEY SEED-----\n" + seed, "eyJ0eXAiOiJKV1QifQ." + seed + ".c2ln"}) {
      const auto text = error_of({{name, value}});
      EXPECT_THAT(text, Not(HasSubstr(seed.substr(0, 20)))) << name;
    }
  }
  EXPECT_THAT(error_of({{"NATS_NKEY_SEED", seed.substr(1)}}), Not(HasSubstr(seed.substr(1, 20))));
}

TEST(Settings, EntitiesByAWord) {
  EXPECT_EQ(read_settings({{"ENTITIES", "shipped"}}).entities.kind, EntitiesKind::Shipped);
  EXPECT_EQ(read_settings({{"ENTITIES", "none"}}).entities.kind, EntitiesKind::None);
  EXPECT_EQ(read_settings({{"ENTITIES", "None"}}).entities.kind, EntitiesKind::None);
}

TEST(Settings, SecretsFromFiles) {
  const test::TempDir directory;
  test::write_file(directory / "target", "host=h password=pw\n");
  test::write_file(directory / "nats", "nats://u:p@h\r\n");
  test::write_file(directory / "source", "bucket_name=name\nbucket_path=data\n");
  test::write_file(directory / "empty", "\n");
  test::write_file(directory / "zero", std::string("host=h\0 x", 9));
  test::write_file(directory / "long", std::string(1000000, 'x'));
  const auto file = [&](const char* name) { return (directory / name).string(); };
  const auto settings = read_settings({{"TARGET", ""},
                                       {"TARGET_FILE", file("target")},
                                       {"NATS_FILE", file("nats")},
                                       {"SOURCE_FILE", file("source")}});
  EXPECT_EQ(settings.target.value().conninfo, "host=h password=pw");
  EXPECT_EQ(settings.nats.value().password, "p");
  EXPECT_EQ(settings.source.path, "data");
  EXPECT_THAT(print_config(settings), HasSubstr("TARGET=***  # file " + file("target") + ": host=h\n"));
  EXPECT_THAT(error_of({{"TARGET", "host=h"}, {"TARGET_FILE", file("target")}}),
              HasSubstr("TARGET and TARGET_FILE are both set"));
  EXPECT_THAT(error_of({{"TARGET_FILE", file("absent")}}), HasSubstr("the file can't be read"));
  EXPECT_THAT(error_of({{"TARGET_FILE", directory.path().string()}}), HasSubstr("the file can't be read"));
  EXPECT_THAT(error_of({{"TARGET_FILE", file("empty")}}), HasSubstr("the file is empty"));
  EXPECT_THAT(error_of({{"TARGET_FILE", file("zero")}}), HasSubstr("NUL byte"));
  EXPECT_THAT(error_of({{"TARGET_FILE", file("long")}}), HasSubstr("too long for a value"));
}

TEST(Settings, LikelyMisspellingsAreWarnedOf) {
  const auto settings =
      read_settings({{"RUN_AS_SERVCE", "x"}, {"dry_run", "x"}, {"PATH", "x"}, {"FORCE", "1"}});
  EXPECT_THAT(settings.warnings, ElementsAre(AllOf(HasSubstr("RUN_AS_SERVCE"), HasSubstr("RUN_AS_SERVICE")),
                                             AllOf(HasSubstr("dry_run"), HasSubstr("DRY_RUN"))));
  EXPECT_TRUE(settings.run_as_service);
}

TEST(Settings, TheProcessEnvironment) {
  ASSERT_EQ(::setenv("PEO_TEST_VARIABLE", "a=b", 1), 0);
  EXPECT_EQ(process_environment().at("PEO_TEST_VARIABLE"), "a=b");
  ::unsetenv("PEO_TEST_VARIABLE");
  EXPECT_FALSE(process_environment().contains("PEO_TEST_VARIABLE"));
}

TEST(Settings, PrintConfigSaysWhereEachCameFrom) {
  const auto text = print_config(read_settings({{"MIN_SLEEP", "1"},
                                                {"NATS", "nats://user:marker@h"},
                                                {"SOURCE", "bucket_name=name bucket_id=i bucket_key=marker"},
                                                {"TARGET", "user=me password=marker"},
                                                {"METRICS_ADDRESS", ""}}));
  for (const char* line :
       {"MIN_SLEEP=1  # environment\n", "MAX_SLEEP=30  # default\n",
        "NATS=***  # environment: nats://***@h:4222\n", "SOURCE=***  # environment: s3://name at Amazon S3\n",
        "TARGET=***  # environment: user=me\n", "METRICS_ADDRESS=  # environment: off\n",
        "ENTITIES=  # default: the example tables that are needed\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("marker")));
  EXPECT_THAT(print_config(read_settings({})),
              HasSubstr("TARGET=  # default: an embedded PostgreSQL in DATA_DIR\n"));
  for (const auto& setting : all_settings()) EXPECT_THAT(text, HasSubstr(std::string(setting.name) + "="));
}

TEST(EventsSettings, AQueueOrASubject) {
  const auto queue =
      read_settings({{"SOURCE_EVENTS", "sqs://sqs.eu-central-1.amazonaws.com/123456789012/events"}});
  EXPECT_EQ(queue.events->queue_url, "https://sqs.eu-central-1.amazonaws.com/123456789012/events");
  EXPECT_EQ(queue.events->display(), queue.events->queue_url);
  const auto subject = read_settings({{"SOURCE_EVENTS", "nats://u:p%2Fw@a:4222,nats://b/bucket.*.events"}});
  EXPECT_EQ(subject.events->subject, "bucket.*.events");
  EXPECT_EQ(subject.events->nats.servers.size(), 2U);
  EXPECT_EQ(subject.events->nats.password, "p/w");
  EXPECT_EQ(subject.events->display(), "nats://***@a:4222,nats://***@b:4222/bucket.*.events");
}

TEST(EventsSettings, PollingIsSeldomUnlessItIsSet) {
  const std::string events = "nats://host/events";
  const auto settings = read_settings({{"SOURCE_EVENTS", events}});
  EXPECT_EQ(settings.min_sleep, 600s);
  EXPECT_EQ(settings.max_sleep, 600s);
  EXPECT_EQ(settings.min_sleep_without_events, 15s);
  EXPECT_EQ(settings.max_sleep_without_events, 30s);
  const auto set = read_settings({{"SOURCE_EVENTS", events}, {"MIN_SLEEP", "5"}});
  EXPECT_EQ(set.min_sleep, 5s);
  EXPECT_EQ(set.max_sleep, 30s);
  EXPECT_EQ(set.min_sleep_without_events, 5s);
}

TEST(EventsSettings, WhatIsAcceptedIsTold) {
  for (const auto* text :
       {"events", "kafka://host/topic", "nats://host", "nats://host/", "nats://host/a..b",
        "sqs://sqs.eu-central-1.amazonaws.com", "https://user@host/1/q", "https://host/1/q?x"}) {
    try {
      read_settings({{"SOURCE_EVENTS", text}});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE")) << text;
    }
  }
}

}  // namespace
}  // namespace peo::config
