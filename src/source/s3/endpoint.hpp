// The address of a bucket: scheme, host, port, region, and whether the bucket's name is in the host name
// (virtual-host style) or in the path (path style). Plain values; no DNS lookups.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace peo::source::s3 {

enum class Style { Auto, Path, Virtual };

// A parsed host name of Amazon S3: "s3.dualstack.eu-west-1.amazonaws.com".
struct AwsHost {
  std::string service;        // "s3", "s3.dualstack", "s3-fips", "s3-fips.dualstack"
  std::string region;         // "" in the global name s3.amazonaws.com
  std::string suffix;         // "amazonaws.com" or "amazonaws.com.cn"
  bool private_link = false;  // a VPC endpoint: bound to its region
  std::string name() const;
};

// Empty when the host isn't Amazon S3. A bucket name in front is ignored.
std::optional<AwsHost> parse_aws_host(std::string_view host);

// The region in a host name of AWS or another provider with the same scheme ("s3.eu-central-1.example.com");
// "" when there is none.
std::string region_of_host(std::string_view host);

// Whether this is a valid region name (letters, digits and "-"); servers may send anything.
bool is_region_name(std::string_view text);

class Endpoint {
 public:
  // `endpoint` may omit the scheme (default https) and the port; empty means AWS. It may start with the
  // bucket's name. Throws Error::configuration for an invalid endpoint, or one with a user name or password,
  // which the message doesn't show.
  Endpoint(std::string_view endpoint, const std::string& bucket, const std::string& region, Style style);

  // "https://s3.eu-west-1.amazonaws.com", for display.
  std::string describe() const;
  const std::string& scheme() const { return scheme_; }
  // The Host header: with the bucket in virtual-host style, and with the port unless it is the scheme's
  // default.
  std::string authority() const;
  // The encoded path, including the bucket in path style. An empty key is the bucket itself.
  std::string path_of(std::string_view key) const;
  bool virtual_host() const { return virtual_host_; }
  bool on_aws() const { return aws_.has_value(); }

  // Empty while unknown.
  const std::string& region() const { return region_; }
  // The same bucket in another region. On AWS the host changes too, elsewhere only the signature: credentials
  // are never sent to a host that isn't set by the user or derived from AWS's naming scheme.
  Endpoint in_region(const std::string& region) const;
  // The same bucket via https, if this is http and `location`, of a redirect, is https on the same host, with
  // any port. Signed requests must not follow any other redirect.
  std::optional<Endpoint> redirected_to_https(std::string_view location) const;

 private:
  void read(std::string_view text);
  void take_bucket_off_the_host();
  void choose_style(Style style);

  std::string scheme_ = "https";
  std::string host_;  // lower case, without the bucket
  std::string port_;  // including ":"; empty when it is the scheme's default
  std::string bucket_;
  std::string region_;
  std::optional<AwsHost> aws_;
  bool virtual_host_ = false;
  bool bucket_was_in_host_ = false;
};

}  // namespace peo::source::s3
