// Seeds and .creds files as NATS' tools write them; what is wrong is told without showing it.
#include "nats/nats_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace peo::nats {
namespace {

using testing::HasSubstr;
using testing::Not;

// Made by nkeys.js.
const std::string seed = "SUANXVZZO23GX3ACCBT3MMFS7U76WRMNCX4DFEWKFFBMWZLZ6RLVKKUMKI";
const std::string public_key = "UAWBFUBUOU7XVNHLAE352HGBFTDT2M7MXQNHF2TALW5WDH2IAZQE4ZIG";

std::string refusal_of(const NatsOptions& options) {
  try {
    read_key(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
    return error.describe();
  }
  return "";
}

TEST(NatsCredentials, ASeedGivesItsPublicKeyAndSigns) {
  NatsOptions options;
  options.nkey_seed = seed;
  const auto key = read_key(options);
  EXPECT_EQ(key.public_key, public_key);
  EXPECT_EQ(key.jwt, "");
  EXPECT_EQ(key.signature("a nonce"),
            "mK2NMqkbf-FkpQ4Yua0pPNdjRCsWZ7ZRWQvkppoPv_yZ0xJoxCfKegnHOan90cPimxS64ujl6naSaao-zZJ-AA");
}

TEST(NatsCredentials, WithoutAKeyThereIsNone) { EXPECT_FALSE(read_key({}).exists()); }

TEST(NatsCredentials, ACredsFileGivesJwtAndSeed) {
  const test::TempDir directory;
  const auto path = directory / "a.creds";
  for (const std::string line_break : {"\n", "\r\n"}) {
    test::write_file(path, "-----BEGIN NATS USER JWT-----" + line_break + "eyJ0.eyJ1.c2ln" + line_break +
                               "------END NATS USER JWT------" + line_break + line_break +
                               "*** IMPORTANT ***" + line_break + "-----BEGIN USER NKEY SEED-----" +
                               line_break + seed + line_break + "------END USER NKEY SEED------" +
                               line_break);
    NatsOptions options;
    options.credentials_file = path.string();
    const auto key = read_key(options);
    EXPECT_EQ(key.jwt, "eyJ0.eyJ1.c2ln");
    EXPECT_EQ(key.public_key, public_key);
  }
}

TEST(NatsCredentials, AWrongSeedIsRefusedAndNotShown) {
  std::string slip = seed;
  slip[20] = slip[20] == 'A' ? 'B' : 'A';
  for (const auto& bad : {slip, seed.substr(1), seed + "A", "SA" + seed.substr(2), public_key,
                          std::string("SU"), seed.substr(0, 57) + "1", std::string("SUAM...")}) {
    NatsOptions options;
    options.nkey_seed = bad;
    const auto text = refusal_of(options);
    EXPECT_THAT(text, HasSubstr("NATS_NKEY_SEED")) << bad;
    EXPECT_THAT(text, Not(HasSubstr(bad.size() > 10 ? bad.substr(5, 10) : "...")));
  }
}

TEST(NatsCredentials, AWrongFileIsRefusedByItsNameAndNotShown) {
  const test::TempDir directory;
  const auto path = directory / "a.creds";
  NatsOptions options;
  options.credentials_file = path.string();
  EXPECT_THAT(refusal_of(options), HasSubstr("NATS_CREDENTIALS_FILE: can't read " + path.string()));
  for (const auto& text :
       {std::string(), std::string("eyJ0.eyJ1.c2ln"), std::string("-----BEGIN NATS USER JWT-----"),
        "-----BEGIN USER NKEY SEED-----\n" + seed + "\n------END USER NKEY SEED------\n",
        "-----BEGIN NATS USER JWT-----\nno jwt!\n------END NATS USER JWT------\n-----BEGIN USER NKEY "
        "SEED-----\n" +
            seed + "\n------END",
        std::string("-----BEGIN NATS USER JWT-----\neyJ0.eyJ1.c2ln\n------END NATS USER JWT------\n"),
        std::string(70'000, 'x')}) {
    test::write_file(path, text);
    EXPECT_THAT(refusal_of(options), HasSubstr("NATS_CREDENTIALS_FILE")) << text.substr(0, 40);
    EXPECT_THAT(refusal_of(options), Not(HasSubstr(seed.substr(5, 10))));
  }
  options.credentials_file = directory.path().string();
  EXPECT_THAT(refusal_of(options), HasSubstr("can't read"));
}

}  // namespace
}  // namespace peo::nats
