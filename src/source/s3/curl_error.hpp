// Maps a failed transfer to a peo::Error.
#pragma once
#include <curl/curl.h>

#include <string>

#include "base/error.hpp"

namespace peo::source::s3 {

// `detail` is curl's error text, `server` the other side ("https://host:port").
Error to_error(CURLcode code, const std::string& detail, const std::string& server,
               const std::string& ca_bundle);

// A proxy responded with HTTP `status` to the request for a connection to `server`.
Error proxy_refusal(int status, const std::string& server);

}  // namespace peo::source::s3
