// Maps an SQS error response to a peo::Error.
#pragma once
#include <string>

#include "base/error.hpp"

namespace peo::source {

struct SqsRefusal {
  std::string action;  // "ReceiveMessage"
  std::string queue;   // its URL
  int status = 0;
  std::string code, message;  // without secrets; "QueueDoesNotExist"
  bool is_signed = true;
};

// Reads code and message from an error document of the AWS JSON protocol; leaves them empty for anything
// else.
void read_error_document(const std::string& body, SqsRefusal& refusal);
bool has_expired(const SqsRefusal& refusal);  // the credentials
Error to_error(const SqsRefusal& refusal);

}  // namespace peo::source
