// Parses the credentials that container and instance endpoints return:
// {"AccessKeyId": …, "SecretAccessKey": …, "Token": …, "Expiration": …}.
#pragma once
#include <cstddef>
#include <string>

#include "source/s3/credentials/credential_source.hpp"
#include "source/s3/http_client.hpp"

namespace peo::source::s3 {

constexpr std::size_t longest_answer = 256UL * 1024;  // bytes

// `who`: for errors. The response itself is never shown.
TimedCredentials read_credentials(const std::string& json, const std::string& who);

// Options for requests that never leave the machine or its link: no proxy, short timeouts.
HttpOptions local_options(const Cancellation* stop);

// Whether the HTTP status indicates a transient error.
bool is_transient(int status);

}  // namespace peo::source::s3
