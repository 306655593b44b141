// Credentials from each place that AWS's tools know, over HTTP with a stand-in that follows the published
// protocols: the instance's metadata service (version 2), the container's endpoint, the token service.
#include <fmt/chrono.h>
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>

#include "base/log.hpp"
#include "s3_test_support.hpp"
#include "source/events/sqs_queue.hpp"
#include "source/s3/credentials/container.hpp"
#include "source/s3/credentials/credential_chain.hpp"
#include "source/s3/credentials/instance.hpp"
#include "support/fake_s3.hpp"
#include "support/temp_dir.hpp"

namespace peo::source::s3 {
namespace {

using std::chrono::minutes;
using test::FakeAnswer;
using test::FakeRequest;
using test::FakeS3;
using ::testing::HasSubstr;
using ::testing::Not;

FakeAnswer with_status(int status, std::string body) {
  FakeAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

Time in(minutes time) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + time;
}

std::string iso(Time time) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string keys_json(const std::string& id, Time expire) {
  return fmt::format(R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"hidden-secret",)"
                     R"("Token":"hidden-token","Expiration":"{}"}})",
                     id, iso(expire));
}

std::shared_ptr<CredentialChain> chain_of(const AwsEnvironment& environment, bool on_aws = false) {
  ChainOptions options;
  options.environment = environment;
  options.bucket_on_aws = on_aws;
  return make_credential_chain(options);
}

void expect_no_secret(const Error& error) { EXPECT_THAT(error.describe(), Not(HasSubstr("hidden"))); }

class SharedFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = directory_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  test::TempDir directory_;
};

TEST(CredentialChain, TheEnvironmentGoesFirst) {
  auto environment = AwsEnvironment{};
  environment.access_key_id = "AKIAENV";
  environment.secret_access_key = "s";
  environment.session_token = "t";
  environment.container_full_uri = "http://127.0.0.1:1/never-asked";
  const auto chain = chain_of(environment);
  EXPECT_EQ(chain->current().access_key_id, "AKIAENV");
  EXPECT_EQ(chain->current().session_token, "t");
  EXPECT_THAT(chain->origin(), HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_FALSE(chain->refused(chain->current()));
  environment.secret_access_key.clear();
  EXPECT_THAT(error_of([&] { chain_of(environment)->current(); }).describe(),
              HasSubstr("only one key of a pair. Add the secret access key."));
}

TEST(CredentialChain, NowhereIsAPublicBucket) {
  const auto chain = chain_of({});
  EXPECT_TRUE(chain->current().anonymous());
  EXPECT_EQ(chain->origin(), "");
}

TEST_F(SharedFiles, AreReadByProfile) {
  AwsEnvironment environment;
  environment.home = directory_.path();
  write(".aws/credentials",
        "# a comment\n[default]\naws_access_key_id = AKIADEF\naws_secret_access_key=d=d\r\n"
        "[other]\naws_access_key_id=AKIAOTHER\n");
  write(".aws/config",
        "[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n[profile  other]\n"
        "aws_access_key_id=not-this\naws_secret_access_key=o\naws_session_token=ot\n"
        "[profile sso]\nsso_session=x\n[profile empty]\n");
  EXPECT_EQ(chain_of(environment)->current().access_key_id, "AKIADEF");
  EXPECT_EQ(chain_of(environment)->current().secret_access_key, "d=d");
  environment.profile = "other";
  const auto other = chain_of(environment)->current();
  EXPECT_EQ(other.access_key_id + other.secret_access_key + other.session_token, "AKIAOTHERoot");
  environment.profile = "sso";
  EXPECT_THAT(error_of([&] { chain_of(environment)->current(); }).describe(), HasSubstr("uses sso_session"));
  for (const char* name : {"missing", "empty"}) {
    environment.profile = name;
    const auto error = error_of([&] { chain_of(environment)->current(); });
    EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
    EXPECT_THAT(error.describe(), HasSubstr("AWS_PROFILE"));
  }
  // Named files, and no home.
  AwsEnvironment named;
  named.credentials_file = write("elsewhere", "[default]\naws_access_key_id=A\naws_secret_access_key=B\n");
  EXPECT_EQ(chain_of(named)->current().access_key_id, "A");
  named.credentials_file = directory_.path() / "not-there";
  EXPECT_EQ(error_of([&] { chain_of(named)->current(); }).exit_code(), ExitCode::Configuration);
}

class WebIdentity : public SharedFiles {
 protected:
  static FakeAnswer sts(const std::string& id) {
    return with_status(
        200,
        fmt::format("<AssumeRoleWithWebIdentityResponse "
                    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>"
                    "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>hidden-secret"
                    "</SecretAccessKey><SessionToken>hidden-token</SessionToken><Expiration>{}</Expiration>"
                    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
                    id, iso(in(minutes(60)))));
  }
  AwsEnvironment environment(const FakeS3& server) const {
    AwsEnvironment environment;
    environment.role_arn = "arn:aws:iam::123456789012:role/loader";
    environment.web_identity_token_file = write("token", "hidden.jwt+/=\n");
    environment.sts_endpoint = server.endpoint();
    return environment;
  }
};

TEST_F(WebIdentity, TakesTheRoleWithTheTokenOfTheFile) {
  const FakeS3 server({sts("ASIAWEB")});
  const auto chain = chain_of(environment(server));
  const auto keys = chain->current();
  EXPECT_EQ(keys.access_key_id, "ASIAWEB");
  EXPECT_EQ(keys.session_token, "hidden-token");
  ASSERT_EQ(server.requests().size(), 1U);
  const auto request = server.requests().front();
  EXPECT_EQ(request.method + " " + request.target, "POST /");
  EXPECT_EQ(request.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%"
            "3Arole%2F"
            "loader&RoleSessionName=paper-engine-orders&WebIdentityToken=hidden.jwt%2B%2F%3D");
  chain->current();
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(WebIdentity, StandsInAProfileToo) {
  const FakeS3 server({sts("ASIAPROFILE")});
  AwsEnvironment environment;
  environment.sts_endpoint = server.endpoint();
  environment.config_file = write(
      "config", "[default]\nrole_arn=arn:aws:iam::1:role/r\nrole_session_name=s\nweb_identity_token_file=" +
                    write("token", "hidden") + "\n");
  EXPECT_EQ(chain_of(environment)->current().access_key_id, "ASIAPROFILE");
  EXPECT_THAT(server.requests().front().body, HasSubstr("RoleSessionName=s&"));
}

TEST_F(WebIdentity, RefusalsSayWhatToDoAndShowNoToken) {
  std::string code;
  int status = 400;
  const FakeS3 server([&](const FakeRequest&) {
    return with_status(status, "<ErrorResponse><Error><Code>" + code +
                                   "</Code><Message>token hidden.jwt</Message></Error></ErrorResponse>");
  });
  const auto refused = [&](const std::string& with, int http) {
    code = with;
    status = http;
    auto error = error_of([&] { chain_of(environment(server))->current(); });
    expect_no_secret(error);
    return error;
  };
  EXPECT_EQ(refused("AccessDenied", 403).exit_code(), ExitCode::PermissionDenied);
  EXPECT_THAT(refused("ExpiredTokenException", 400).describe(), HasSubstr("has expired"));
  EXPECT_EQ(refused("ValidationError", 400).exit_code(), ExitCode::Configuration);
  EXPECT_EQ(refused("IDPCommunicationError", 400).kind(), ErrorKind::Retry);
  EXPECT_EQ(refused("ServiceUnavailable", 503).kind(), ErrorKind::Retry);
  auto missing = environment(server);
  missing.web_identity_token_file += ".gone";
  EXPECT_THAT(error_of([&] { chain_of(missing)->current(); }).describe(),
              HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE"));
}

class Container : public SharedFiles {};

TEST_F(Container, IsAskedWithTheTokenOfTheFileReadAnewEachTime) {
  std::atomic<int> asked = 0;
  const FakeS3 server([&](const FakeRequest&) {
    // Each good for 4 minutes: less than what is kept ahead, so it is fetched for each request.
    return with_status(200, keys_json(fmt::format("ASIA{}", ++asked), in(minutes(4))));
  });
  AwsEnvironment environment;
  environment.container_full_uri = server.endpoint() + "/v1/credentials?x=1";
  environment.container_token_file = write("authorization", "hidden-first\n");
  const auto chain = chain_of(environment);
  EXPECT_EQ(chain->current().access_key_id, "ASIA1");
  write("authorization", "hidden-second");
  EXPECT_EQ(chain->current().access_key_id, "ASIA2");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method + " " + requests[0].target, "GET /v1/credentials?x=1");
  EXPECT_EQ(requests[0].headers.at("authorization"), "hidden-first");
  EXPECT_EQ(requests[1].headers.at("authorization"), "hidden-second");
  write("authorization", "two\nlines");
  const auto error = error_of([&] { chain_of(environment)->current(); });
  EXPECT_THAT(error.describe(), HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
}

TEST_F(Container, RefusalsAndOtherAnswers) {
  FakeAnswer says;
  const FakeS3 server([&](const FakeRequest&) { return says; });
  AwsEnvironment environment;
  environment.container_full_uri = server.endpoint();
  environment.container_token = "hidden";
  const auto error_when = [&](int status, const std::string& body) {
    says = with_status(status, body);
    auto error = error_of([&] { chain_of(environment)->current(); });
    expect_no_secret(error);
    return error;
  };
  EXPECT_EQ(error_when(403, "hidden").exit_code(), ExitCode::PermissionDenied);
  EXPECT_EQ(error_when(500, "").kind(), ErrorKind::Retry);
  EXPECT_EQ(error_when(200, "hidden").kind(), ErrorKind::Retry);
  EXPECT_EQ(error_when(200, R"({"AccessKeyId":"A","SecretAccessKey":""})").exit_code(),
            ExitCode::Configuration);
}

// Who can set a variable must not get the authorization sent to a host of theirs.
TEST(ContainerUri, OnlyHttpsOrNearBy) {
  for (const char* good : {"https://credentials.example.com/x", "http://127.0.0.1/x", "http://127.9.8.7:8080",
                           "http://localhost:80/", "http://[::1]:8080/x", "http://169.254.170.2/v2",
                           "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1"})
    EXPECT_TRUE(is_container_uri(good)) << good;
  for (const char* bad :
       {"http://credentials.example.com/x", "http://10.0.0.1/", "http://169.254.169.254/latest",
        "http://localhost.example.com/", "http://127.0.0.1@example.com/", "https://", "http://[::2]/",
        "ftp://127.0.0.1/", "//127.0.0.1/", "", "http://127.0.0.1\r\nx: y/", "http://0177.0.0.1/",
        "http://[::1/", "http://169.254.170.2@x/"})
    EXPECT_FALSE(is_container_uri(bad)) << bad;
  AwsEnvironment environment;
  environment.container_full_uri = "http://198.51.100.1/take-it";
  EXPECT_EQ(error_of([&] { chain_of(environment)->current(); }).exit_code(), ExitCode::Configuration);
  environment.container_full_uri = "";
  environment.container_relative_uri = "@198.51.100.1/take-it";
  EXPECT_EQ(error_of([&] { chain_of(environment)->current(); }).exit_code(), ExitCode::Configuration);
}

struct Instance {
  bool role = true, version_1_only = false;
  std::string id = "ASIAINSTANCE";
  Time expire = in(minutes(60));

  FakeAnswer operator()(const FakeRequest& request) const {
    if (request.target == "/latest/api/token") {
      if (version_1_only) return with_status(404, "");
      const auto ttl = request.headers.find("x-aws-ec2-metadata-token-ttl-seconds");
      return request.method == "PUT" && ttl != request.headers.end() && ttl->second == "21600"
                 ? with_status(200, "session==")
                 : with_status(400, "");
    }
    const auto token = request.headers.find("x-aws-ec2-metadata-token");
    if (!version_1_only && (token == request.headers.end() || token->second != "session=="))
      return with_status(401, "");
    if (request.target == "/latest/meta-data/iam/security-credentials/")
      return role ? with_status(200, "the-role") : with_status(404, "");
    if (request.target == "/latest/meta-data/iam/security-credentials/the-role")
      return with_status(200, keys_json(id, expire));
    return with_status(404, "");
  }
};

AwsEnvironment instance_at(const FakeS3& server) {
  AwsEnvironment environment;
  environment.metadata_endpoint = server.endpoint() + "/";
  return environment;
}

TEST(InstanceRole, IsAskedByVersionTwo) {
  const FakeS3 server(Instance{});
  const auto chain = chain_of(instance_at(server), true);
  EXPECT_EQ(chain->current().access_key_id, "ASIAINSTANCE");
  EXPECT_EQ(chain->current().session_token, "hidden-token");
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(InstanceRole, IsNobodyWhereItCantBeHad) {
  const FakeS3 without(Instance{.role = false});
  EXPECT_TRUE(chain_of(instance_at(without))->current().anonymous());
  const FakeS3 old(Instance{.version_1_only = true});
  EXPECT_TRUE(chain_of(instance_at(old))->current().anonymous());
  auto disabled = instance_at(old);
  disabled.metadata_disabled = true;
  const auto before = old.requests().size();
  EXPECT_TRUE(chain_of(disabled, true)->current().anonymous());
  EXPECT_EQ(old.requests().size(), before);
}

TEST(CredentialChain, FetchesAnewBeforeTheyExpireAndKeepsTheOldWhileTheyHold) {
  Instance instance;
  bool down = false;
  const FakeS3 server(
      [&](const FakeRequest& request) { return down ? with_status(503, "") : instance(request); });
  auto now = in(minutes(0));
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::make_unique<InstanceCredentials>(instance_at(server), nullptr));
  CredentialChain chain(std::move(sources), [&] { return now; });
  EXPECT_EQ(chain.current().access_key_id, "ASIAINSTANCE");
  now += minutes(50);
  EXPECT_EQ(chain.current().access_key_id, "ASIAINSTANCE");
  EXPECT_EQ(server.requests().size(), 3U);
  // Less than five minutes are left: new ones are asked for, nobody gives any, and the old ones hold. Not
  // asked for again at once.
  now += minutes(6);
  down = true;
  EXPECT_EQ(chain.current().access_key_id, "ASIAINSTANCE");
  EXPECT_EQ(chain.current().access_key_id, "ASIAINSTANCE");
  EXPECT_EQ(server.requests().size(), 4U);
  now += minutes(2);
  instance.id = "ASIANEXT";
  instance.expire = now + minutes(60);
  down = false;
  EXPECT_EQ(chain.current().access_key_id, "ASIANEXT");
  // Too late for the old ones: it is an error, which passes.
  now += minutes(59) + minutes(1);
  down = true;
  EXPECT_EQ(error_of([&] { chain.current(); }).kind(), ErrorKind::Retry);
  down = false;
  instance.id = "ASIALAST";
  EXPECT_EQ(chain.current().access_key_id, "ASIALAST");
}

// The whole way: S3 says that the token has expired, and the request goes out again with new keys.
TEST(S3Credentials, AreRenewedWhenTheServerSaysThatTheyHaveExpired) {
  Instance instance;
  instance.id = "ASIAOLD";
  const FakeS3 metadata([&](const FakeRequest& request) { return instance(request); });
  const FakeS3 server([&](const FakeRequest& request) {
    const auto& signed_by = request.headers.at("authorization");
    EXPECT_EQ(request.headers.at("x-amz-security-token"), "hidden-token");
    if (signed_by.find("ASIAOLD") == std::string::npos) {
      return with_status(
          200,
          "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    }
    instance.id = "ASIANEW";
    return with_status(400, "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>");
  });
  S3Options options;
  options.endpoint = server.endpoint();
  options.bucket = "replica";
  options.region = "eu-west-1";
  options.credentials = chain_of(instance_at(metadata));
  S3Source source(options);
  const ListRequest all{.prefix = "", .delimited = false, .start_after = {}, .continuation = {}};
  EXPECT_TRUE(source.list(all).objects.empty());
  EXPECT_EQ(server.requests().size(), 2U);
  // Keys that are refused although they are new are an error, not a circle.
  instance.id = "ASIAOLD";
  const FakeS3 always([&](const FakeRequest&) {
    return with_status(400, "<Error><Code>ExpiredToken</Code><Message>hidden-token</Message></Error>");
  });
  options.endpoint = always.endpoint();
  options.credentials = chain_of(instance_at(metadata));
  S3Source refused(options);
  const auto error = error_of([&] { refused.list(all); });
  EXPECT_EQ(error.exit_code(), ExitCode::PermissionDenied);
  expect_no_secret(error);
  EXPECT_EQ(always.requests().size(), 1U);
}

SqsOptions queue_at(const FakeS3& server, std::shared_ptr<CredentialChain> chain) {
  SqsOptions options;
  options.url = server.endpoint() + "/1/q";
  options.credentials = std::move(chain);
  return options;
}

// A queue renews them as the bucket does. AWS's JSON protocol has a name of its own for the refusal.
TEST(S3Credentials, AreRenewedWhenAQueueSaysThatTheyHaveExpired) {
  Instance instance;
  instance.id = "ASIAOLD";
  const FakeS3 metadata([&](const FakeRequest& request) { return instance(request); });
  const FakeS3 server([&](const FakeRequest& request) {
    EXPECT_EQ(request.headers.at("x-amz-security-token"), "hidden-token");
    if (request.headers.at("authorization").find("ASIAOLD") == std::string::npos)
      return with_status(200, R"({"Messages":[{"Body":"one","ReceiptHandle":"r"}]})");
    instance.id = "ASIANEW";
    return with_status(
        403, R"({"__type":"com.amazon.coral.service#ExpiredTokenException","message":"hidden-token"})");
  });
  const auto chain = chain_of(instance_at(metadata));
  SqsQueue queue(queue_at(server, chain));
  std::vector<std::string> bodies;
  const std::atomic<bool> ended = false;
  const EventChannel::Take take = [&](std::string_view body, const std::string& /*receipt*/) {
    bodies.emplace_back(body);
  };
  queue.receive(std::chrono::milliseconds(0), take, ended);
  EXPECT_EQ(bodies, std::vector<std::string>{"one"});
  EXPECT_EQ(server.requests().size(), 2U);
  // New keys that are refused as well are an error, not a circle.
  instance.id = "ASIAOLD";
  const FakeS3 always([&](const FakeRequest&) {
    return with_status(403, R"({"__type":"ExpiredTokenException","message":"hidden-token"})");
  });
  SqsQueue refused(queue_at(always, chain_of(instance_at(metadata))));
  const auto error = error_of([&] { refused.receive(std::chrono::milliseconds(0), take, ended); });
  EXPECT_EQ(error.exit_code(), ExitCode::PermissionDenied);
  expect_no_secret(error);
  EXPECT_LE(always.requests().size(), 2U);
}

// Keys that were replaced in SOURCE_FILE.
TEST(S3Credentials, OfTheSettingsAreReadAgainAfterARefusal) {
  const FakeS3 server([](const FakeRequest& request) {
    if (request.headers.at("authorization").find("AKIANEW") == std::string::npos)
      return with_status(403, "<Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>");
    return with_status(
        200, "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
  });
  S3Options options;
  options.endpoint = server.endpoint();
  options.bucket = "replica";
  options.region = "eu-west-1";
  options.access_key_id = "AKIAOLD";
  options.secret_access_key = "hidden-secret";
  Credentials now{"AKIAOLD", "hidden-secret", ""};
  options.read_keys = [&] { return now; };
  S3Source source(options);
  const ListRequest all{.prefix = "", .delimited = false, .start_after = {}, .continuation = {}};
  EXPECT_EQ(error_of([&] { source.list(all); }).exit_code(), ExitCode::PermissionDenied);
  EXPECT_EQ(server.requests().size(), 1U);  // the same keys aren't tried twice
  now.access_key_id = "AKIANEW";
  EXPECT_TRUE(source.list(all).objects.empty());
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_TRUE(source.list(all).objects.empty());
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST(S3Credentials, ThatAreNowhereAreSaidToBeWhenTheBucketIsNotPublic) {
  const FakeS3 server([](const FakeRequest& request) {
    EXPECT_FALSE(request.headers.contains("authorization"));
    return with_status(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
  });
  S3Options options;
  options.endpoint = server.endpoint();
  options.bucket = "replica";
  options.credentials = chain_of({});
  S3Source source(options);
  const auto error = error_of(
      [&] { source.list({.prefix = "", .delimited = false, .start_after = {}, .continuation = {}}); });
  EXPECT_THAT(error.describe(), HasSubstr("no credentials were found"));
}

}  // namespace
}  // namespace peo::source::s3
