// What containers and instances answer: {"AccessKeyId": …, "SecretAccessKey": …, "Token": …, "Expiration":
// …}.
#pragma once
#include <cstddef>
#include <string>

#include "source/s3/credentials/credential_source.hpp"
#include "source/s3/http_client.hpp"

namespace peo::source::s3 {

constexpr std::size_t longest_answer = 256UL * 1024;  // bytes

// `who`: for errors. The answer itself is never shown.
TimedCredentials read_credentials(const std::string& json, const std::string& who);

// For requests that never leave the machine or its link: no proxy, and no long wait.
HttpOptions near_by(const Cancellation* stop);

// The status says that it may pass.
bool may_pass(int status);

}  // namespace peo::source::s3
