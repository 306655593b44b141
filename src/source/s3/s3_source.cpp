#include "source/s3/s3_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.hpp"
#include "base/log.hpp"
#include "source/s3/list_objects.hpp"

namespace peo::source::s3 {
namespace {

constexpr std::size_t longest_error = 64UL * 1024;
// 1,000 keys of 1,024 bytes with each byte percent-encoded take about 4 MB.
constexpr std::size_t longest_listing = 8UL * 1024 * 1024;
// A server may return many empty pages while it scans keys, but not endlessly.
constexpr int most_pages_without_progress = 1000;

std::string prefix_of(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? "" : std::string(path) + "/";
}

HttpOptions http_options(const S3Options& options) {
  HttpOptions http;
  http.ca_bundle = options.ca_bundle;
  http.connect_timeout = options.connect_timeout;
  http.stall_timeout = options.stall_timeout;
  http.stop = options.stop;
  http.stop_grace = options.stop_grace;
  return http;
}

Credentials checked_credentials(const S3Options& options) {
  Credentials keys{options.access_key_id, options.secret_access_key, options.session_token};
  if (keys.access_key_id.empty() != keys.secret_access_key.empty()) {
    throw Error::configuration(keys.access_key_id.empty() ? "bucket_key is set without bucket_id"
                                                          : "bucket_id is set without bucket_key",
                               "Set both, or neither for a public bucket.");
  }
  for (const auto* value : {&keys.access_key_id, &keys.secret_access_key, &keys.session_token}) {
    const bool readable =
        std::all_of(value->begin(), value->end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!readable) {
      throw Error::configuration(
          "bucket_id, bucket_key or bucket_session_token contains a space or another invalid character",
          "Check for a line break or quotation mark that was copied along.");
    }
  }
  return keys;
}

// The secrets that a server may echo.
std::vector<std::string> secrets_of(const Credentials& keys) {
  return {keys.secret_access_key, keys.session_token};
}

// Secrets too long to occur in an object key by chance: those of AWS have 40 characters.
std::vector<std::string> long_secrets_of(const Credentials& keys) {
  auto secrets = secrets_of(keys);
  std::erase_if(secrets, [](const auto& secret) { return secret.size() < 16; });
  return secrets;
}

Refusal read_refusal(Operation operation, HttpAnswer& answer) {
  Refusal refusal;
  refusal.operation = operation;
  refusal.status = answer.status();
  std::string body;
  try {
    body = answer.read_text(longest_error);
  } catch (const Error&) {
    // The status is known; a truncated body adds nothing.
    body.clear();
  }
  if (auto document = parse_error_document(body)) {
    refusal.document = std::move(*document);
  } else {
    refusal.body = std::move(body);
  }
  if (refusal.document.request_id.empty()) refusal.document.request_id = answer.header("x-amz-request-id");
  refusal.date = answer.header("date");
  refusal.bucket_region = answer.header("x-amz-bucket-region");
  refusal.location = answer.header("location");
  return refusal;
}

std::string without_quotes(std::string etag) {
  if (etag.starts_with("W/")) etag.erase(0, 2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

Error changed(const std::string& key) {
  return Error::changed_object(
      "s3 object " + shortened(key, 200) + " was changed or deleted after it was listed",
      "The next poll lists it again.");
}

// Whether "bytes 100-199/200" starts at the requested offset.
bool begins_at(const std::string& content_range, std::uint64_t offset) {
  constexpr std::string_view unit = "bytes ";
  if (!content_range.starts_with(unit)) return false;
  std::uint64_t first = 0;
  const auto* const end = content_range.data() + content_range.size();
  const auto [rest, failure] = std::from_chars(content_range.data() + unit.size(), end, first);
  return failure == std::errc() && rest != end && *rest == '-' && first == offset;
}

Error too_short(const std::string& key, std::uint64_t missing) {
  return Error::retry(
      fmt::format("s3 object {}: the response ended {} bytes early", shortened(key, 200), missing));
}

// A body whose Content-Length differs from the object's size is something else, for example an error inside a
// 200: detect it before any of it is parsed.
void demand_length(const HttpAnswer& answer, const std::string& key, std::uint64_t expected) {
  const auto text = answer.header("content-length");
  std::uint64_t length = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return;
  if (length > expected) throw changed(key);
  if (length < expected) throw too_short(key, expected - length);
}

// The bytes of an object, exactly as many as were listed. `surplus` unwanted bytes follow in the response.
class ObjectStream final : public ByteStream {
 public:
  ObjectStream(std::unique_ptr<HttpAnswer> answer, std::string key, std::uint64_t expected,
               std::uint64_t surplus = 0)
      : answer_(std::move(answer)), key_(std::move(key)), left_(expected), surplus_(surplus) {}

  std::size_t read(std::span<char> buffer) override {
    if (!answer_) return 0;
    if (left_ == 0 && surplus_ != 0) {
      answer_.reset();
      return 0;
    }
    auto got = answer_->read(buffer);
    if (got > left_ + surplus_) throw changed(key_);
    got = static_cast<std::size_t>(std::min<std::uint64_t>(got, left_));
    left_ -= got;
    if (got == 0) {
      if (left_ != 0) throw too_short(key_, left_);
      answer_.reset();  // the connection is free for others
    }
    return got;
  }

 private:
  std::unique_ptr<HttpAnswer> answer_;
  std::string key_;
  std::uint64_t left_;
  std::uint64_t surplus_;
};

void skip(HttpAnswer& answer, std::uint64_t count) {
  std::array<char, 64UL * 1024> piece{};
  while (count > 0) {
    const auto got =
        answer.read({piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), count))});
    if (got == 0) return;
    count -= got;
  }
}

}  // namespace

S3Source::S3Source(S3Options options)
    : options_(std::move(options)),
      keys_(checked_credentials(options_)),
      prefix_(prefix_of(options_.path)),
      http_(http_options(options_)),
      endpoint_(options_.endpoint, options_.bucket, options_.region, options_.style) {
  options_.page_size = std::clamp(options_.page_size, 1, 1000);
}

Endpoint S3Source::endpoint() const {
  const std::lock_guard lock(mutex_);
  return endpoint_;
}

std::string S3Source::describe() const {
  return fmt::format("s3://{}/{} at {}", options_.bucket,
                     prefix_.substr(0, prefix_.size() - (prefix_.empty() ? 0 : 1)), endpoint().describe());
}

std::string S3Source::full_key(const std::string& key) const { return prefix_ + key; }

ListPage S3Source::list_page(const ListRequest& request, const std::atomic<bool>* given_up) {
  Request http;
  http.given_up = given_up;
  http.query = {
      {"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", std::to_string(options_.page_size)}};
  const std::string prefix = prefix_ + request.prefix;
  if (!prefix.empty()) http.query.emplace_back("prefix", prefix);
  if (request.delimited) http.query.emplace_back("delimiter", "/");
  if (!request.continuation.empty()) {
    http.query.emplace_back("continuation-token", request.continuation);
  } else if (!request.start_after.empty()) {
    http.query.emplace_back("start-after", prefix_ + request.start_after);
  }
  const auto answer = send(http);
  const std::string body = answer->read_text(longest_listing + 1);
  const auto where = endpoint();
  if (body.size() > longest_listing || !is_bounded_xml(body)) {
    throw Error::configuration(where.describe() + " returned a listing page that is too big for 1,000 keys",
                               "Check that bucket_endpoint is an S3 server.");
  }
  if (auto document =
          parse_error_document(body)) {  // some servers detect errors only after they sent status 200
    Refusal refusal;
    refusal.status = answer->status();
    refusal.document = std::move(*document);
    if (refusal.document.request_id.empty()) refusal.document.request_id = answer->header("x-amz-request-id");
    refusal.date = answer->header("date");
    hide(refusal, secrets_of(credentials()));
    throw error_of(refusal, where, "", credentials());
  }
  return relative_page(body, request);
}

ListPage S3Source::relative_page(const std::string& body, const ListRequest& request) {
  const std::string server = endpoint().describe();
  Listing listing = parse_listing(body, server, long_secrets_of(credentials()));
  const auto broken = [&server](const std::string& why) {
    return Error::configuration(fmt::format("{} returned an unusable listing: {}", server, why),
                                "Check that bucket_endpoint is an S3 server that supports ListObjectsV2.");
  };
  const std::string prefix = prefix_ + request.prefix;
  const auto relative = [&](const std::string& key) {
    if (!key.starts_with(prefix)) throw broken(shortened(key) + " doesn't start with " + shortened(prefix));
    return key.substr(prefix_.size());
  };
  ListPage page;
  for (auto& object : listing.objects) {
    object.key = relative(object.key);
    page.objects.push_back(std::move(object));
  }
  for (const auto& common : listing.prefixes) {
    auto key = relative(common);
    // Otherwise a prefix could contain itself, and listing it would never end.
    const bool below =
        key.size() > request.prefix.size() && key.find('/', request.prefix.size()) == key.size() - 1;
    if (!below) throw broken(shortened(key) + " is not a prefix in " + shortened(prefix));
    page.prefixes.push_back(std::move(key));
  }
  page.next = std::move(listing.next);

  const std::lock_guard lock(mutex_);
  // Extracted: its listing has advanced by one page and is stored again under the next token.
  auto before = unfinished_.extract(request.continuation);
  Progress progress = before ? std::move(before.mapped()) : Progress{};
  const bool same = !page.next.empty() && page.next == request.continuation;
  if (same || (!listing.last_key.empty() && listing.last_key <= progress.last_key))
    throw broken("its pages form a cycle");
  // A server that ignores start-after begins with keys that aren't wanted.
  const bool further = listing.last_key > prefix_ + request.start_after && !listing.last_key.empty();
  progress.pages_without = further ? 0 : progress.pages_without + 1;
  progress.last_key = std::max(progress.last_key, listing.last_key);
  if (progress.pages_without > most_pages_without_progress) {
    throw broken(fmt::format("{} consecutive pages contained nothing new, and there is always another one",
                             progress.pages_without));
  }
  if (!page.next.empty()) {
    // An abandoned listing leaves its entry behind.
    if (unfinished_.size() >= most_unfinished) unfinished_.clear();
    unfinished_[page.next] = std::move(progress);
  }
  return page;
}

std::unique_ptr<ByteStream> S3Source::open_range(const ObjectInfo& object, ByteRange range,
                                                 const std::atomic<bool>* given_up) {
  const std::string key = full_key(object.key);
  if (range.begin > range.end || range.end > object.size)
    throw Error::internal("a range beyond the end of " + shortened(key, 200));
  if (range.begin == range.end && range.begin > 0) return std::make_unique<ObjectStream>(nullptr, key, 0);
  const auto size = range.end - range.begin;
  Request http;
  http.operation = Operation::GetObject;
  http.key = key;
  http.given_up = given_up;
  http.headers["if-match"] = "\"" + object.etag + "\"";
  if (range.end < object.size) {
    http.headers["range"] = fmt::format("bytes={}-{}", range.begin, range.end - 1);
  } else if (range.begin > 0) {
    http.headers["range"] = fmt::format("bytes={}-", range.begin);
  }
  if (accept_gzip_) http.headers["accept-encoding"] = "gzip";
  auto answer = send(http);
  // Google Cloud Storage decompresses objects that are stored with Content-Encoding: gzip unless the request
  // accepts gzip; size, ETag and ranges then don't match the bytes. Other servers don't get this header,
  // since they might compress their responses on the fly.
  if (!accept_gzip_ && answer->header("x-goog-stored-content-encoding") == "gzip" &&
      answer->header("content-encoding") != "gzip") {
    accept_gzip_ = true;
    http.headers["accept-encoding"] = "gzip";
    answer = send(http);
  }
  const auto etag = without_quotes(answer->header("etag"));
  if (!etag.empty() && etag != object.etag) throw changed(key);  // a server that ignores If-Match
  if (answer->status() == 206) {
    if (!begins_at(answer->header("content-range"), range.begin)) {
      throw Error::retry("s3 object " + shortened(key, 200) +
                         ": the server sent a different range than requested");
    }
    demand_length(*answer, key, size);
    return std::make_unique<ObjectStream>(std::move(answer), key, size);
  }
  // A server that ignores Range sends the whole object.
  demand_length(*answer, key, object.size);
  skip(*answer, range.begin);
  return std::make_unique<ObjectStream>(std::move(answer), key, size, object.size - range.end);
}

std::unique_ptr<HttpAnswer> S3Source::send(const Request& request) {
  // Each happens at most once, so the loop ends.
  bool renewed = false;
  bool learned_region = false;
  bool learned_https = false;
  while (true) {
    const Endpoint where = endpoint();
    const auto keys = credentials();
    auto answer = send_once(request, where, keys);
    if (answer->status() == 200 || answer->status() == 206) return answer;
    Refusal refusal = read_refusal(request.operation, *answer);
    hide(refusal, secrets_of(keys));
    if (!renewed && renew(refusal, keys)) {
      renewed = true;
    } else if (!learned_https && learn_https(refusal, where)) {
      learned_https = true;
    } else if (!learned_region && learn_region(refusal, where)) {
      learned_region = true;
    } else {
      throw error_of(refusal, where, request.key, keys);
    }
  }
}

std::unique_ptr<HttpAnswer> S3Source::send_once(const Request& request, const Endpoint& where,
                                                const Credentials& keys) {
  Signable signable;
  signable.path = where.path_of(request.key);
  signable.query = canonical_query(request.query);
  signable.headers["host"] = where.authority();
  // It must be signed, unlike the other headers.
  if (options_.requester_pays) signable.headers["x-amz-request-payer"] = "requester";
  const std::string region = where.region().empty() ? "us-east-1" : where.region();
  const auto now = peo::now();
  sign(signable, now, region, keys);
  HttpRequest http;
  http.url = where.scheme() + "://" + where.authority() + signable.path;
  if (!signable.query.empty()) http.url += "?" + signable.query;
  http.headers = std::move(signable.headers);
  http.headers.insert(request.headers.begin(), request.headers.end());
  http.given_up = request.given_up;
  const auto count = [this, &request](int status) {
    if (options_.on_request) options_.on_request(to_string(request.operation), status);
  };
  try {
    auto answer = http_.send(http);
    count(answer->status());
    if (const auto date = answer->header("date"); options_.on_date && !date.empty()) options_.on_date(date);
    return answer;
  } catch (Error& error) {
    count(0);
    if (!request.key.empty()) error.at(Place{.object_key = request.key});
    throw;
  }
}

Credentials S3Source::credentials() const {
  const std::lock_guard lock(mutex_);
  return keys_.anonymous() && options_.credentials ? options_.credentials->current() : keys_;
}

bool S3Source::renew(const Refusal& refusal, const Credentials& keys) {
  const auto& code = refusal.document.code;
  const bool expired = code == "ExpiredToken" || code == "TokenRefreshRequired" || code == "InvalidToken" ||
                       code == "InvalidAccessKeyId";
  if (options_.credentials) return expired && options_.credentials->refused(keys);
  if (!options_.read_keys || !(expired || refusal.status == 403)) return false;
  const std::lock_guard lock(mutex_);
  keys_ = options_.read_keys();
  return keys_ != keys;
}

bool S3Source::learn_https(const Refusal& refusal, const Endpoint& asked) {
  const auto secure = asked.redirected_to_https(refusal.location);
  if (refusal.status < 300 || refusal.status >= 400 || !secure) return false;
  const std::lock_guard lock(mutex_);
  // Log once, not for each of several concurrent requests.
  if (endpoint_.scheme() != secure->scheme())
    log::warning("{} redirects to {}: set bucket_endpoint to it.", asked.describe(), secure->describe());
  endpoint_ = *secure;
  return true;
}

bool S3Source::learn_region(const Refusal& refusal, const Endpoint& asked) {
  const auto& code = refusal.document.code;
  const bool redirect =
      refusal.status == 301 || refusal.status == 302 || refusal.status == 307 || refusal.status == 308;
  if (!redirect && code != "AuthorizationHeaderMalformed" && refusal.bucket_region.empty()) return false;
  if (refusal.status != 400 && refusal.status != 403 && !redirect) return false;
  std::string region = refusal.bucket_region.empty() ? refusal.document.region : refusal.bucket_region;
  if (region.empty() && redirect) {
    std::string host = refusal.document.endpoint.empty() ? refusal.location : refusal.document.endpoint;
    if (const auto mark = host.find("://"); mark != std::string::npos) host.erase(0, mark + 3);
    host = host.substr(0, host.find_first_of(":/?"));
    if (const auto aws = parse_aws_host(host)) region = aws->region;
  }
  if (!is_region_name(region)) return false;
  const Endpoint there = asked.in_region(region);
  const bool same_signature = region == (asked.region().empty() ? "us-east-1" : asked.region());
  if (same_signature && there.authority() == asked.authority()) return false;
  const std::lock_guard lock(mutex_);
  if (endpoint_.region() != region) {
    if (!options_.region.empty()) {
      log::warning("bucket {} is in region {}, not {}: correct bucket_region.", options_.bucket, region,
                   asked.region());
    } else {
      log::debug("bucket {} is in region {}.", options_.bucket, region);
    }
  }
  endpoint_ = there;
  return true;
}

Error S3Source::error_of(const Refusal& refusal, const Endpoint& where, const std::string& key,
                         const Credentials& keys) const {
  AskedOf asked;
  asked.bucket = options_.bucket;
  asked.server = where.describe();
  asked.key = key;
  asked.region = where.region();
  asked.is_signed = !keys.anonymous();
  asked.now = peo::now();
  asked.requester_pays = options_.requester_pays;
  Error error = to_error(refusal, asked);
  if (!key.empty()) error.at(Place{.object_key = key});
  return error;
}

}  // namespace peo::source::s3
