// A bucket on Amazon S3 or any S3-compatible server.
//
// Every request is signed (Signature Version 4); without credentials it is anonymous. A wrong or unknown
// region is corrected once from the server's response and kept; so is a redirect from http to https on the
// same host. No other redirect is followed, and nothing else is retried here: transient errors are thrown as
// Retry and the caller backs off. Errors contain no secrets, even if the server echoes them. Threads: see
// source.hpp.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "source/remote_source.hpp"
#include "source/s3/credentials/credential_chain.hpp"
#include "source/s3/endpoint.hpp"
#include "source/s3/http_client.hpp"
#include "source/s3/s3_error.hpp"
#include "source/s3/sigv4.hpp"

namespace peo::source::s3 {

struct S3Options {
  std::string endpoint;  // "https://host:port"; without a scheme https; "" is AWS
  std::string access_key_id, secret_access_key, session_token;
  // Reads the keys again after a refusal, in case they were replaced. Empty: they can't change.
  std::function<Credentials()> read_keys;
  std::shared_ptr<CredentialChain> credentials;  // used without keys; null: anonymous
  std::string bucket;
  std::string path;    // the prefix inside the bucket, with or without leading and trailing slashes
  std::string region;  // "": from the endpoint's name, else from the server's response
  Style style = Style::Auto;
  bool requester_pays = false;  // the key's account pays for requests, not the bucket's
  std::string ca_bundle;        // "": the system's
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{60'000};  // no byte arrived for this long
  int page_size = 1000;
  const Cancellation* stop = nullptr;  // must outlive the source and its streams
  std::chrono::milliseconds stop_grace{2'000};
  // Called after each request, from the thread that made it: "ListObjectsV2" or "GetObject", and the HTTP
  // status, 0 when there was none.
  std::function<void(std::string_view operation, int http_status)> on_request;
  // Likewise with the response's Date header, if present.
  std::function<void(const std::string& date)> on_date;
};

class S3Source final : public RemoteSource {
 public:
  // Sends no request; throws Error::configuration for invalid options.
  explicit S3Source(S3Options options);

  std::string describe() const override;
  std::string full_key(const std::string& key) const override;
  ListPage list(const ListRequest& request) override { return list_page(request, nullptr); }
  ListPage list_page(const ListRequest& request, const std::atomic<bool>* given_up) override;
  std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) override {
    return open_range(object, {offset, object.size}, nullptr);
  }
  std::unique_ptr<ByteStream> open_range(const ObjectInfo& object, ByteRange range,
                                         const std::atomic<bool>* given_up) override;

 private:
  struct Request {
    Operation operation = Operation::ListObjects;
    std::string key;  // in the bucket
    Query query;
    Headers headers;
    const std::atomic<bool>* given_up = nullptr;  // may be null
  };

  Endpoint endpoint() const;
  Credentials credentials() const;
  // Returns a response with status 200 or 206; throws for any other.
  std::unique_ptr<HttpAnswer> send(const Request& request);
  std::unique_ptr<HttpAnswer> send_once(const Request& request, const Endpoint& where,
                                        const Credentials& keys);
  // True when the response named a region that is worth a retry.
  bool learn_region(const Refusal& refusal, const Endpoint& asked);
  // True when the refusal was a redirect from http to https on the same host.
  bool learn_https(const Refusal& refusal, const Endpoint& asked);
  // True when the credentials have expired and different ones were found.
  bool renew(const Refusal& refusal, const Credentials& keys);
  Error error_of(const Refusal& refusal, const Endpoint& where, const std::string& key,
                 const Credentials& keys) const;
  ListPage relative_page(const std::string& body, const ListRequest& request);

  S3Options options_;
  Credentials keys_;    // of the options
  std::string prefix_;  // "" or ends with "/"
  HttpClient http_;
  mutable std::mutex mutex_;  // guards endpoint_, keys_ and unfinished_
  Endpoint endpoint_;
  std::atomic<bool> accept_gzip_{false};

  // Detects endless listings. Keyed by the token of the next page, since listings are nested.
  struct Progress {
    std::string last_key;
    int pages_without = 0;  // consecutive pages without a later key
  };
  static constexpr std::size_t most_unfinished = 100;
  std::map<std::string, Progress> unfinished_;
};

}  // namespace peo::source::s3
