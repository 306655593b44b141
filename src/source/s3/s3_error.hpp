// What a server's refusal means to the loader: HTTP status and error document into peo::Error.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/object.hpp"

namespace peo::source::s3 {

enum class Operation { ListObjects, GetObject };
// "ListObjectsV2", "GetObject": AWS's words, for logs and metrics.
std::string_view to_string(Operation operation);

// What the error document holds. All empty when the body is none.
struct ErrorDocument {
  std::string code, message, region, endpoint, request_id;
};
std::optional<ErrorDocument> parse_error_document(std::string_view body);

struct Refusal {
  Operation operation = Operation::ListObjects;
  int status = 0;
  ErrorDocument document;
  std::string body;           // when it is no such document; its begin is shown
  std::string date;           // the Date header
  std::string bucket_region;  // the x-amz-bucket-region header
  std::string location;
};

// Of all that the server sent: a hostile one may repeat what it was sent, or what it knows.
void hide(Refusal& refusal, std::span<const std::string> secrets);

// For the message: where it was asked.
struct AskedOf {
  std::string bucket;
  std::string server;
  std::string key;  // of a GET
  std::string region;
  bool is_signed = true;        // false: no key was given or found
  bool requester_pays = false;  // bucket_request_payer is set
  Time now{};
};

Error to_error(const Refusal& refusal, const AskedOf& asked);

}  // namespace peo::source::s3
