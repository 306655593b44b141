#include "config/endpoint.hpp"

#include "config/parse_value.hpp"

namespace peo::config {

Endpoint read_endpoint(std::string_view text) {
  std::string scheme = "https";
  if (const auto end = text.find("://"); end != std::string_view::npos) {
    scheme = lower_case(text.substr(0, end));
    text.remove_prefix(end + 3);
  }
  if (scheme != "http" && scheme != "https") {
    return {"", "must start with http:// or https:// (or be host[:port], which means https)"};
  }
  if (text.find('@') != std::string_view::npos) {
    return {"", "must not contain a user or password: set bucket_id and bucket_key"};
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return {"", "must not contain a query: only http:// or https://, host and port"};
  }
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find('/') != std::string_view::npos) {
    return {"", "must not contain a path: set bucket_name to the bucket and bucket_path to the prefix in it"};
  }
  const auto address = read_host_port(text, 1);  // only checks the port
  if (!address) return {"", "must be http:// or https:// with a host name or address, and optionally a port"};
  return {scheme + "://" + std::string(text), ""};
}

}  // namespace peo::config
