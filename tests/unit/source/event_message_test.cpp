// Messages as S3, SNS, EventBridge and MinIO send them, and what they hint at.
#include "source/events/event_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace peo::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const EventScope scope{"paper-engine", "data/"};

EventHints read(const std::string& message, EventForm form = EventForm::Json) {
  return read_event(message, scope, form);
}

std::string record(const std::string& key, const std::string& bucket = "paper-engine",
                   const std::string& event = "ObjectCreated:Put") {
  return R"({"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1","eventTime":"2022-09-22T09:58:53.123Z","eventName":")" +
         event +
         R"(","userIdentity":{"principalId":"AWS:AIDA"},"requestParameters":{"sourceIPAddress":"10.0.0.1"},"s3":{"s3SchemaVersion":"1.0","configurationId":"loader","bucket":{"name":")" +
         bucket +
         R"(","ownerIdentity":{"principalId":"A3"},"arn":"arn:aws:s3:::paper-engine"},"object":{"key":")" +
         key +
         R"(","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e","sequencer":"0055AED6DCD90281E5"}}})";
}
std::string records(const std::string& list) { return R"({"Records":[)" + list + "]}"; }

std::string quoted(const std::string& text) {
  std::string escaped = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped + '"';
}
std::string by_sns(const std::string& text) {
  return R"({"Type":"Notification","MessageId":"22b80b92","TopicArn":"arn:aws:sns:eu-central-1:123456789012:bucket","Subject":"Amazon S3 Notification","Message":)" +
         quoted(text) + R"(,"Timestamp":"2022-09-22T09:58:53.456Z","SignatureVersion":"1"})";
}
std::string event_bridge(const std::string& key, const std::string& type = "Object Created") {
  return R"({"version":"0","id":"17793124","detail-type":")" + type +
         R"(","source":"aws.s3","account":"123456789012","region":"eu-central-1","resources":["arn:aws:s3:::paper-engine"],"detail":{"version":"0","bucket":{"name":"paper-engine"},"object":{"key":")" +
         key + R"(","size":5,"etag":"b1946ac9","sequencer":"00617F08299329D189"},"reason":"PutObject"}})";
}

TEST(EventMessage, OfS3) {
  EXPECT_THAT(read(records(record("data/dbo/orders/LOAD00000001.csv.gz"))).prefixes,
              ElementsAre("dbo/orders/"));
  EXPECT_THAT(read(records(record("data/dbo/orders/2022/09/22/a.csv") + "," +
                           record("data/dbo/executions/a.csv") + "," + record("data/cdc/CDC_TXN-1.csv")))
                  .prefixes,
              ElementsAre("cdc/", "dbo/executions/", "dbo/orders/"));
}

TEST(EventMessage, KeysAreEncodedAsForms) {
  EXPECT_THAT(read(records(record("data%2Fdbo%2FOrder+Details+%28%C3%BC%2B%29%2FLOAD00000001.csv"))).prefixes,
              ElementsAre("dbo/Order Details (ü+)/"));
  EXPECT_EQ(form_decoded("a%2"), "a%2");
  EXPECT_EQ(form_decoded("%zz%4"), "%zz%4");
  EXPECT_EQ(form_decoded("%25+%2b"), "% +");
}

TEST(EventMessage, InEnvelopes) {
  const auto plain = records(record("data/dbo/orders/a.csv"));
  EXPECT_THAT(read(by_sns(plain)).prefixes, ElementsAre("dbo/orders/"));
  // EventBridge's keys are as they are.
  EXPECT_THAT(read(event_bridge("data/dbo/plus+and%41/a.csv")).prefixes, ElementsAre("dbo/plus+and%41/"));
  EXPECT_THAT(read(by_sns(event_bridge("data/dbo/orders/a.csv"))).prefixes, ElementsAre("dbo/orders/"));
  EXPECT_TRUE(read(by_sns(by_sns(by_sns(by_sns(plain))))).malformed);
}

TEST(EventMessage, OfMinIO) {
  const auto minio =
      R"({"EventName":"s3:ObjectCreated:Put","Key":"paper-engine/data/dbo/orders/a.csv","Records":[)" +
      record("data%2Fdbo%2Forders%2Fa.csv", "paper-engine", "s3:ObjectCreated:Put") + "]}";
  EXPECT_THAT(read(minio, EventForm::JsonOrText).prefixes, ElementsAre("dbo/orders/"));
  EXPECT_THAT(read(R"({"EventName":"s3:ObjectCreated:Put","Key":"paper-engine/data/dbo/orders/a.csv"})",
                   EventForm::JsonOrText)
                  .prefixes,
              ElementsAre("dbo/orders/"));
}

// Of other buckets, prefixes and events, and the test message that S3 sends first: understood, but no hints.
TEST(EventMessage, OfOthers) {
  for (const auto& message :
       {records(record("data/dbo/orders/a.csv", "another")), records(record("backup/dbo/orders/a.csv")),
        records(record("data/dbo/orders/a.csv", "paper-engine", "ObjectRemoved:Delete")),
        records(record("data/readme.txt")), event_bridge("data/dbo/orders/a.csv", "Object Deleted"),
        std::string(
            R"({"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2022-09-22T09:58:53.000Z",)"
            R"("Bucket":"paper-engine","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv"})")}) {
    const auto hints = read(message);
    EXPECT_FALSE(hints.malformed) << message;
    EXPECT_FALSE(hints.any()) << message;
  }
}

TEST(EventMessage, ThatIsNone) {
  for (const std::string message :
       {"", "hello", "{", "[]", "null", "{}", R"({"Records":[]})", R"({"Records":[1,null,{"s3":7}]})",
        R"({"Type":"Notification"})", R"({"Type":"Notification","Message":"text"})", R"({"detail":{}})",
        R"({"Key":"no-slash"})", "{\"Key\":\"\xff/\"}"}) {
    EXPECT_TRUE(read(message).malformed) << message;
  }
  EXPECT_TRUE(read(R"({"Records":)" + std::string(100'000, '[')).malformed);
}

TEST(EventMessage, AsText) {
  const auto text = [](const std::string& message) { return read(message, EventForm::JsonOrText); };
  EXPECT_THAT(text("data/dbo/orders/LOAD00000001.csv.gz").prefixes, ElementsAre("dbo/orders/"));
  EXPECT_THAT(text("dbo/orders/\n").prefixes, ElementsAre("dbo/orders/"));
  EXPECT_THAT(text("dbo/").prefixes, ElementsAre("dbo/"));
  EXPECT_TRUE(text("").all);
  EXPECT_TRUE(text("data/").all);
  EXPECT_TRUE(text(std::string("dbo/\0/x", 7)).malformed);
  EXPECT_TRUE(text(std::string(5000, 'a')).malformed);
}

}  // namespace
}  // namespace peo::source
