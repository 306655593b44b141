// What a failed transfer means to the loader.
#pragma once
#include <curl/curl.h>

#include <string>

#include "base/error.hpp"

namespace peo::source::s3 {

// `detail` is curl's own text for it, `server` what was talked to ("https://host:port").
Error to_error(CURLcode code, const std::string& detail, const std::string& server);

// A proxy answered HTTP `status` when it was asked for a way to `server`.
Error proxy_refusal(int status, const std::string& server);

}  // namespace peo::source::s3
