// Where a bucket is reached: scheme, host, port, region, and whether the bucket's name stands in the host
// name (virtual-host style) or in the path (path style). Plain values; nothing is looked up.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace peo::source::s3 {

enum class Style { Auto, Path, Virtual };

// A host name of AWS's S3 service, taken apart: "s3.dualstack.eu-west-1.amazonaws.com".
struct AwsHost {
  std::string service;        // "s3", "s3.dualstack", "s3-fips", "s3-fips.dualstack"
  std::string region;         // "" in the global name s3.amazonaws.com
  std::string suffix;         // "amazonaws.com" or "amazonaws.com.cn"
  bool private_link = false;  // a VPC endpoint: bound to its region, the name can't be made for another one
  std::string name() const;
};

// Empty when the host isn't one of S3 on AWS. A bucket's name in front is passed over.
std::optional<AwsHost> parse_aws_host(std::string_view host);

// The region that a host name tells: AWS's names and those of other providers that follow them
// ("s3.eu-central-1.example.com"); "" when it tells none.
std::string region_of_host(std::string_view host);

// Letters, digits and "-" only: what a server may make us use as a region.
bool is_region_name(std::string_view text);

class Endpoint {
 public:
  // `endpoint` with or without scheme (https then), with or without port; empty means AWS itself. A bucket's
  // name in front of the host is understood. Throws Error::configuration for what can't be an endpoint; user
  // names and passwords in it are refused without being shown.
  Endpoint(std::string_view endpoint, const std::string& bucket, const std::string& region, Style style);

  // "https://s3.eu-west-1.amazonaws.com", for people.
  std::string describe() const;
  const std::string& scheme() const { return scheme_; }
  // What the Host header says: with the bucket in virtual-host style, with the port unless it is the
  // scheme's.
  std::string authority() const;
  // Encoded, from "/" on: with the bucket in path style. An empty key is the bucket itself.
  std::string path_of(std::string_view key) const;
  bool virtual_host() const { return virtual_host_; }
  bool on_aws() const { return aws_.has_value(); }

  // Empty as long as nobody told it.
  const std::string& region() const { return region_; }
  // The same bucket in another region. On AWS the host goes with it, elsewhere only the signature does: keys
  // are never sent to a host that neither the user nor AWS's naming rule gave.
  Endpoint in_region(const std::string& region) const;
  // The same bucket by https, if this is http and that is where `location`, of a redirect, leads: to the same
  // host, by any port. Nothing else is to be followed with signed requests.
  std::optional<Endpoint> redirected_to_https(std::string_view location) const;

 private:
  void read(std::string_view text);
  void take_bucket_off_the_host();
  void choose_style(Style style);

  std::string scheme_ = "https";
  std::string host_;  // lower case, without the bucket
  std::string port_;  // with its ":"; empty when it is the scheme's
  std::string bucket_;
  std::string region_;
  std::optional<AwsHost> aws_;
  bool virtual_host_ = false;
  bool bucket_was_in_host_ = false;
};

}  // namespace peo::source::s3
