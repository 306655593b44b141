// A bucket behind the S3 protocol: AWS, or any server that speaks it.
//
// Every request is signed (Signature Version 4), unless no key is given or found: then it is anonymous. A
// wrong or unknown region is learned from the server's answer, once, and kept; so is a redirect from http to
// https on the same host. No other redirect is followed. Nothing else is tried again here: what may pass is
// thrown as Retry and the caller backs off. No secret is in an error, even if the server repeats it. Threads:
// see source.hpp.
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
  // The keys as they are now, after a refusal of those above: they may have been replaced. Empty: they last.
  std::function<Credentials()> read_keys;
  std::shared_ptr<CredentialChain> credentials;  // where no keys are given; null: none either
  std::string bucket;
  std::string path;    // the prefix inside the bucket; slashes at its ends don't matter
  std::string region;  // "": from the endpoint's name, else learned
  Style style = Style::Auto;
  bool requester_pays = false;  // the requests are paid for by the key's account, not by the bucket's
  std::string ca_bundle;        // "": the system's
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{60'000};  // no byte for so long while one is waited for
  int page_size = 1000;
  const Cancellation* stop = nullptr;  // must outlive the source and its streams
  std::chrono::milliseconds stop_grace{2'000};
  // Called after each request, from the thread that made it: "ListObjectsV2" or "GetObject", and the HTTP
  // status, 0 when there was none.
  std::function<void(std::string_view operation, int http_status)> on_request;
  // The same with an answer's Date header, if it has one.
  std::function<void(const std::string& date)> on_date;
};

class S3Source final : public RemoteSource {
 public:
  // Asks nothing yet; throws Error::configuration for options that can't work.
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
  // The answer of status 200 or 206; anything else is thrown.
  std::unique_ptr<HttpAnswer> send(const Request& request);
  std::unique_ptr<HttpAnswer> send_once(const Request& request, const Endpoint& where,
                                        const Credentials& keys);
  // True when the refusal told a region that is worth another try.
  bool learn_region(const Refusal& refusal, const Endpoint& asked);
  // True when the refusal was a redirect from http to https on the same host.
  bool learn_https(const Refusal& refusal, const Endpoint& asked);
  // True when the refusal told that the keys have expired, and others could be had.
  bool renew(const Refusal& refusal, const Credentials& keys);
  Error error_of(const Refusal& refusal, const Endpoint& where, const std::string& key,
                 const Credentials& keys) const;
  ListPage relative_page(const std::string& body, const ListRequest& request);

  S3Options options_;
  Credentials keys_;    // of the options
  std::string prefix_;  // "" or with its closing "/"
  HttpClient http_;
  mutable std::mutex mutex_;  // guards endpoint_, keys_ and unfinished_
  Endpoint endpoint_;
  std::atomic<bool> accept_gzip_{false};

  // To notice a listing that never ends. By the token of its next page, since listings are nested.
  struct Progress {
    std::string last_key;
    int pages_without = 0;  // in a row, that brought no key after it
  };
  static constexpr std::size_t most_unfinished = 100;
  std::map<std::string, Progress> unfinished_;
};

}  // namespace peo::source::s3
