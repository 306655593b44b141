// Maps the error response of a server, HTTP status and error document, to a peo::Error.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/object.hpp"

namespace peo::source::s3 {

enum class Operation { ListObjects, GetObject };
// "ListObjectsV2", "GetObject": the S3 API's names, for logs and metrics.
std::string_view to_string(Operation operation);

// The contents of the error document. All empty when the body is something else.
struct ErrorDocument {
  std::string code, message, region, endpoint, request_id;
};
std::optional<ErrorDocument> parse_error_document(std::string_view body);

struct Refusal {
  Operation operation = Operation::ListObjects;
  int status = 0;
  ErrorDocument document;
  std::string body;           // when it isn't an error document; its beginning is shown
  std::string date;           // the Date header
  std::string bucket_region;  // the x-amz-bucket-region header
  std::string location;
};

// Masks the secrets in everything that the server sent: a hostile server may echo them.
void hide(Refusal& refusal, std::span<const std::string> secrets);

// The request that was refused, for the message.
struct AskedOf {
  std::string bucket;
  std::string server;
  std::string key;  // of a GET
  std::string region;
  bool is_signed = true;        // false: no credentials were set or found
  bool requester_pays = false;  // bucket_request_payer is set
  Time now{};
};

Error to_error(const Refusal& refusal, const AskedOf& asked);

}  // namespace peo::source::s3
