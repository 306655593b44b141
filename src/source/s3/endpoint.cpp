#include "source/s3/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "source/s3/sigv4.hpp"

namespace peo::source::s3 {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::vector<std::string> labels_of(std::string_view host) {
  std::vector<std::string> labels(1);
  for (const char c : host) {
    if (c == '.') {
      labels.emplace_back();
    } else {
      labels.back() += c;
    }
  }
  return labels;
}

// "eu-west-1", "us-gov-west-1", "us-west-004": two letters, then parts, the last one a number.
bool looks_like_region(std::string_view text) {
  const auto last = text.rfind('-');
  return is_region_name(text) && text.size() > 4 && is_lower(text[0]) && is_lower(text[1]) &&
         text[2] == '-' && last > 2 && last + 1 < text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(last) + 1, text.end(), is_digit);
}

// Three to 63 letters, digits and "-", as a host name's label (and so a certificate for *.s3… covers it).
bool fits_dns(std::string_view bucket) {
  const auto good = [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '.'; };
  return bucket.size() >= 3 && bucket.size() <= 63 && std::all_of(bucket.begin(), bucket.end(), good) &&
         bucket.front() != '-' && bucket.back() != '-' && bucket.front() != '.' && bucket.back() != '.' &&
         bucket.find("..") == std::string_view::npos;
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error::configuration("bucket_endpoint " + why,
                             "Set it to https://host or https://host:port, or omit it for AWS.");
}

}  // namespace

std::string AwsHost::name() const { return service + (region.empty() ? "" : "." + region) + "." + suffix; }

bool is_region_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::optional<AwsHost> parse_aws_host(std::string_view host) {
  AwsHost aws;
  for (const std::string_view suffix : {"amazonaws.com.cn", "amazonaws.com"}) {
    if (host.size() > suffix.size() && host.ends_with(suffix) &&
        host[host.size() - suffix.size() - 1] == '.') {
      aws.suffix = suffix;
      host.remove_suffix(suffix.size() + 1);
      break;
    }
  }
  if (aws.suffix.empty()) return std::nullopt;
  auto labels = labels_of(host);
  if (labels.size() > 1 && labels.back() == "vpce") {
    aws.private_link = true;
    labels.pop_back();
  }
  // From the end: the region follows the service, and a bucket may be named "s3" as well.
  for (std::size_t i = labels.size(); i-- > 0;) {
    const std::string& label = labels[i];
    const std::size_t left = labels.size() - i - 1;
    const bool dual = left > 0 && labels[i + 1] == "dualstack";
    if (left > (dual ? 2U : 1U)) break;
    const bool plain = label == "s3" || label == "s3-fips";
    if (!plain && (left != 0 || !label.starts_with("s3-"))) continue;
    aws.service = (plain ? label : "s3") + (dual ? ".dualstack" : "");
    aws.region = !plain ? label.substr(3) : left > (dual ? 1U : 0U) ? labels.back() : "";
    if (aws.region == "external-1") aws.region = "us-east-1";
    return aws;
  }
  return std::nullopt;
}

std::string region_of_host(std::string_view host) {
  if (const auto aws = parse_aws_host(host)) return aws->region;
  const auto labels = labels_of(host);
  for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
    if (labels[i] == "s3" && looks_like_region(labels[i + 1])) return labels[i + 1];
  }
  return {};
}

Endpoint::Endpoint(std::string_view endpoint, const std::string& bucket, const std::string& region,
                   Style style)
    : bucket_(bucket), region_(region) {
  if (bucket.empty() || bucket.find('/') != std::string::npos || bucket == "." || bucket == "..") {
    throw Error::configuration(bucket.empty()
                                   ? "bucket_name is missing"
                                   : "bucket_name " + shortened(bucket) + " is not a valid bucket name",
                               "Set it to the bucket's name only, and bucket_path to the prefix.");
  }
  if (!region.empty() && !is_region_name(region)) {
    throw Error::configuration("bucket_region " + shortened(region) + " is not a valid region name",
                               "Use a name like eu-west-1.");
  }
  if (endpoint.empty()) {
    aws_ = AwsHost{"s3", region.empty() ? "us-east-1" : region,
                   region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com", false};
    host_ = aws_->name();
  } else {
    read(endpoint);
    aws_ = parse_aws_host(host_);
    take_bucket_off_the_host();
    if (region_.empty()) region_ = region_of_host(host_);
  }
  choose_style(style);
}

void Endpoint::read(std::string_view text) {
  if (const auto mark = text.find("://"); mark != std::string_view::npos) {
    scheme_ = lower_case(text.substr(0, mark));
    if (scheme_ != "https" && scheme_ != "http") refuse("must start with https:// or http://");
    text.remove_prefix(mark + 3);
  }
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find('@') != std::string_view::npos) {
    refuse("contains a user name or password; set bucket_id and bucket_key instead");
  }
  if (text.find_first_of("/?#") != std::string_view::npos) {
    refuse("contains more than a host and a port; set bucket_name and bucket_path instead");
  }
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const auto port = text.substr(colon + 1);
    const bool number = !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
    if (!number || std::stoi(std::string(port)) == 0 || std::stoi(std::string(port)) > 65535) {
      refuse("has a port that is not a number from 1 to 65535");
    }
    if (port != (scheme_ == "https" ? "443" : "80")) port_ = ":" + std::string(port);
    text = text.substr(0, colon);
  }
  host_ = lower_case(text);
  const auto good = [](char c) {
    return is_lower(c) || is_digit(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
  };
  if (host_.empty() || !std::all_of(host_.begin(), host_.end(), good)) refuse("has no valid host name");
}

void Endpoint::take_bucket_off_the_host() {
  if (!host_.starts_with(bucket_ + ".") || host_.size() == bucket_.size() + 1) return;
  const std::string rest = host_.substr(bucket_.size() + 1);
  if (aws_ ? !aws_->private_link && aws_->name() == rest : rest.starts_with("s3.")) {
    host_ = rest;
    bucket_was_in_host_ = true;
  }
}

void Endpoint::choose_style(Style style) {
  if (style == Style::Virtual && !fits_dns(bucket_)) {
    throw Error::configuration(
        "bucket_style is virtual, but " + shortened(bucket_) + " can't be part of a host name",
        "Set bucket_style=path.");
  }
  // A wildcard certificate for *.s3.amazonaws.com doesn't cover names with more dots.
  const bool covered = scheme_ == "http" || bucket_.find('.') == std::string::npos;
  const bool by_host = bucket_was_in_host_ || (aws_ && !aws_->private_link);
  virtual_host_ =
      style == Style::Virtual || (style == Style::Auto && by_host && fits_dns(bucket_) && covered);
}

std::string Endpoint::describe() const { return scheme_ + "://" + host_ + port_; }

std::string Endpoint::authority() const { return (virtual_host_ ? bucket_ + "." : "") + host_ + port_; }

std::string Endpoint::path_of(std::string_view key) const {
  std::string path = virtual_host_ ? "/" : "/" + uri_encoded(bucket_);
  if (key.empty()) return path;
  if (!virtual_host_) path += '/';
  return path + uri_encoded(key, true);
}

Endpoint Endpoint::in_region(const std::string& region) const {
  Endpoint other = *this;
  other.region_ = region;
  if (aws_ && !aws_->private_link && port_.empty()) {
    other.aws_->region = region;
    other.host_ = other.aws_->name();
  }
  return other;
}

std::optional<Endpoint> Endpoint::redirected_to_https(std::string_view location) const {
  constexpr std::string_view https = "https://";
  if (scheme_ != "http" || !location.starts_with(https)) return std::nullopt;
  location.remove_prefix(https.size());
  const auto authority = lower_case(location.substr(0, location.find_first_of("/?#")));
  const auto host = (virtual_host_ ? bucket_ + "." : "") + host_;
  if (!authority.starts_with(host)) return std::nullopt;
  const auto port = std::string_view(authority).substr(host.size());
  const bool is_port = port.empty() || (port.size() > 1 && port.size() <= 6 && port.front() == ':' &&
                                        std::all_of(port.begin() + 1, port.end(), is_digit));
  if (!is_port) return std::nullopt;
  Endpoint other = *this;
  other.scheme_ = "https";
  other.port_ = port == ":443" ? "" : port;
  return other;
}

}  // namespace peo::source::s3
