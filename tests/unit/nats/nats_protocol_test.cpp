// What a server sends is read whatever the pieces are it comes in, and nothing that it sends is believed
// unchecked.
#include "nats/nats_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace peo::nats {
namespace {

using Kind = NatsOperation::Kind;
using testing::HasSubstr;
using testing::Not;

std::vector<NatsOperation> read_all(const std::string& bytes, std::size_t piece) {
  NatsParser parser;
  std::vector<NatsOperation> all;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    parser.add(std::string_view(bytes).substr(at, piece));
    while (auto one = parser.next()) all.push_back(std::move(*one));
  }
  return all;
}

std::string protocol_error_of(const std::string& bytes) {
  try {
    read_all(bytes, bytes.size());
  } catch (const NatsProtocolError& error) {
    return error.what();
  }
  return "";
}

TEST(NatsProtocol, OperationsAreReadInPiecesOfAnySize) {
  const std::string bytes =
      "INFO {\"headers\":true}\r\nPING\r\n+OK\r\npong\r\n-ERR 'Stale Connection'\r\nMSG a 1 5\r\nhe\r\no\r\n"
      "MSG a.b\t1 reply 0\r\n\r\nHMSG c 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHMSG d 1 r 16 16\r\nNATS/1.0 "
      "503\r\n\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto all = read_all(bytes, piece);
    ASSERT_EQ(all.size(), 9U) << piece;
    EXPECT_EQ(all[0].kind, Kind::Info);
    EXPECT_EQ(all[0].text, "{\"headers\":true}");
    EXPECT_EQ(all[1].kind, Kind::Ping);
    EXPECT_EQ(all[2].kind, Kind::Ok);
    EXPECT_EQ(all[3].kind, Kind::Pong);
    EXPECT_EQ(all[4].kind, Kind::Error);
    EXPECT_EQ(all[4].text, "Stale Connection");
    EXPECT_EQ(all[5].payload, "he\r\no");
    EXPECT_EQ(all[6].subject, "a.b");
    EXPECT_EQ(all[6].payload, "");
    EXPECT_EQ(all[7].headers, "NATS/1.0\r\n\r\n");
    EXPECT_EQ(all[7].payload, "hi");
    EXPECT_EQ(all[8].subject, "d");
    EXPECT_EQ(all[8].headers, "NATS/1.0 503\r\n\r\n");
  }
}

TEST(NatsProtocol, WrongSizesAreRefused) {
  for (const char* line : {"MSG a 1 2147483647",
                           "MSG a 1 2147483648",
                           "MSG a 1 4294967295",
                           "MSG a 1 4294967296",
                           "MSG a 1 9223372036854775807",
                           "MSG a 1 18446744073709551616",
                           "MSG a 1 -1",
                           "MSG a 1 +1",
                           "MSG a 1 0x10",
                           "MSG a 1 1e3",
                           "MSG a 1 1048577",
                           "MSG a 1 99999999999999999999999999",
                           "HMSG a 1 12 2147483647",
                           "HMSG a 1 2147483647 12",
                           "HMSG a 1 13 12",
                           "HMSG a 1 -1 12",
                           "HMSG a 1 12",
                           "MSG",
                           "MSG a",
                           "MSG a 1",
                           "HMSG a 1",
                           "MSG a 1 b c 5",
                           "HMSG a 1 b c 5 5"}) {
    EXPECT_NE(protocol_error_of(std::string(line) + "\r\n0123456789\r\n"), "") << line;
  }
}

TEST(NatsProtocol, WhatIsNoOperationIsRefusedAndShownEscaped) {
  for (const auto& bytes :
       {std::string("HTTP/1.1 400 Bad Request\r\n"), std::string("\r\n"), std::string("\0\0\n", 3),
        std::string("\x1b[31mred\r\n"), std::string("INFOX {}\r\n"), std::string("MSG a 1 3\r\nabcd\r\n")})
    EXPECT_NE(protocol_error_of(bytes), "") << bytes;
  EXPECT_THAT(protocol_error_of("\x1b[31mred\r\n"), Not(HasSubstr("\x1b")));
}

TEST(NatsProtocol, SecretsThatTheServerRepeatsAreHidden) {
  NatsParser parser({"s3cr3t-password", "t0ken"});
  parser.add("-ERR 'no user t0ken with s3cr3t-password'\r\nWhat is " + std::string(25, '-') +
             "s3cr3t-password?\r\n");
  EXPECT_EQ(parser.next().value().text, "no user *** with ***");
  try {
    parser.next();
    FAIL() << "an unknown operation was taken";
  } catch (const NatsProtocolError& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("s3cr")));
  }
}

TEST(NatsProtocol, AnEndlessLineIsRefusedBeforeItEnds) {
  EXPECT_NE(protocol_error_of("INFO {" + std::string(NatsParser::longest_line, 'x')), "");
  EXPECT_NE(protocol_error_of(std::string(NatsParser::longest_line + 1, ' ')), "");
  EXPECT_EQ(protocol_error_of("INFO {" + std::string(NatsParser::longest_line - 100, 'x')), "");
}

TEST(NatsProtocol, InfoIsBelievedOnlyWhereItsTypesAreRight) {
  const auto info =
      read_info(R"({"headers":true,"jetstream":true,"tls_required":true,"max_payload":1048576,"nonce":"n",)"
                R"("cluster":"c","more":[1,{"a":null}]})");
  EXPECT_TRUE(info.headers && info.jetstream && info.tls_required && !info.tls_available);
  EXPECT_EQ(info.max_payload, 1048576U);
  EXPECT_EQ(info.nonce, "n");
  EXPECT_EQ(info.cluster, "c");
  const auto odd =
      read_info(R"({"headers":"yes","jetstream":1,"max_payload":-5,"nonce":{},"cluster":["c"]})");
  EXPECT_FALSE(odd.headers || odd.jetstream);
  EXPECT_EQ(odd.max_payload, 0U);
  EXPECT_EQ(odd.nonce + odd.cluster, "");
  for (const auto& bad :
       {std::string(), std::string("[]"), std::string("null"), std::string("{"),
        std::string("{\"a\":\"\xff\"}"), std::string(60'000, '['), "{\"a\":" + std::string(60'000, '[')})
    EXPECT_THROW(read_info(bad), NatsProtocolError) << bad.substr(0, 20);
}

}  // namespace
}  // namespace peo::nats
