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
    return {"", "must begin with http:// or https:// (or be a bare host[:port], which means https)"};
  }
  if (text.find('@') != std::string_view::npos) {
    return {"", "must hold no user or password: they belong to bucket_id and bucket_key"};
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return {"", "must hold no query: just http:// or https://, host and port"};
  }
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find('/') != std::string_view::npos) {
    return {"", "must hold no path: the bucket belongs to bucket_name, the folder in it to bucket_path"};
  }
  const auto address = read_host_port(text, 1);  // the port is looked at only to be checked
  if (!address) return {"", "must be http:// or https:// with a host name or address, and a port if need be"};
  return {scheme + "://" + std::string(text), ""};
}

}  // namespace peo::config
