#include "support/bucket_s3.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace peo::test {
namespace {

std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::map<std::string, std::string> query_of(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find('?') + 1));
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.find('=');
    query[decoded(part.substr(0, equals))] =
        equals == std::string_view::npos ? "" : decoded(part.substr(equals + 1));
  }
  return query;
}

FakeAnswer s3_error(int status, const std::string& code, const std::string& message) {
  FakeAnswer answer;
  answer.status = status;
  answer.headers["Content-Type"] = "application/xml";
  answer.body = fmt::format(
      "<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>{}</Message><RequestId>R1</RequestId></Error>",
      code, message);
  return answer;
}

BucketS3::BucketS3() : server_([this](const FakeRequest& request) { return answer(request); }) {}

void BucketS3::put(const std::string& key, const std::string& bytes) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::lock_guard lock(mutex_);
  objects_[key] = {bytes, fmt::format("{:016x}-{}", std::hash<std::string>{}(bytes), bytes.size()),
                   fmt::format("{:%Y-%m-%dT%H:%M:%S}.000Z", fmt::gmtime(now))};
}

void BucketS3::on_request(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

std::string BucketS3::source(int port) const {
  return fmt::format(
      "bucket_endpoint=http://127.0.0.1:{} bucket_id=id bucket_key=secret bucket_name=trades "
      "bucket_region=us-east-1 bucket_path=data",
      port == 0 ? server_.port() : port);
}

FakeAnswer BucketS3::answer(const FakeRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto mark = request.target.find('?');
  const auto path = decoded(request.target.substr(0, mark));
  const auto query = query_of(mark == std::string::npos ? std::string_view() : request.target);
  constexpr std::string_view bucket = "/trades/";
  auto usual = query.contains("list-type") ? list(query)
               : path.starts_with(bucket)  ? get(path.substr(bucket.size()), request)
                                           : s3_error(404, "NoSuchBucket", "There is no such bucket.");
  if (fault_) {
    if (auto other = fault_(request, usual)) return *other;
  }
  return usual;
}

FakeAnswer BucketS3::list(const std::map<std::string, std::string>& query) const {
  const auto text = [&](const char* name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  const auto prefix = text("prefix");
  const auto delimiter = text("delimiter");
  auto after = text("continuation-token");
  if (after.empty()) after = text("start-after");
  const auto most = text("max-keys").empty() ? 1000U : std::stoul(text("max-keys"));
  std::string items;
  std::string last;
  std::size_t count = 0;
  bool more = false;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at) {
    const auto& [key, object] = *at;
    const auto cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const auto item = cut == std::string::npos ? key : key.substr(0, cut + 1);
    if (item == last || item <= after) continue;
    if (count == most) {
      more = true;
      break;
    }
    ++count;
    last = item;
    items += cut != std::string::npos
                 ? fmt::format("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", item)
                 : fmt::format(
                       "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>\"{}\"</ETag><Size>{}"
                       "</Size></Contents>",
                       key, object.last_modified, object.etag, object.bytes.size());
  }
  FakeAnswer answer;
  answer.headers["Content-Type"] = "application/xml";
  answer.body = fmt::format(
      "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>", more,
      more ? "<NextContinuationToken>" + last + "</NextContinuationToken>" : "", items);
  return answer;
}

FakeAnswer BucketS3::get(const std::string& key, const FakeRequest& request) const {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return s3_error(404, "NoSuchKey", "There is no such key.");
  const auto& object = found->second;
  const auto header = [&](const char* name) {
    const auto at = request.headers.find(name);
    return at == request.headers.end() ? std::string() : at->second;
  };
  if (const auto match = header("if-match"); !match.empty() && match != "\"" + object.etag + "\"")
    return s3_error(412, "PreconditionFailed", "The object is another one.");
  FakeAnswer answer;
  answer.headers["ETag"] = "\"" + object.etag + "\"";
  answer.body = object.bytes;
  if (const auto range = header("range"); range.starts_with("bytes=")) {
    const auto from = std::stoul(range.substr(6));
    const auto dash = range.find('-');
    if (from >= object.bytes.size())
      return s3_error(416, "InvalidRange", "The requested range is not satisfiable.");
    auto last = object.bytes.size() - 1;
    if (dash + 1 < range.size()) last = std::min(last, std::stoul(range.substr(dash + 1)));
    answer.status = 206;
    answer.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", from, last, object.bytes.size());
    answer.body = object.bytes.substr(from, last - from + 1);
  }
  return answer;
}

}  // namespace peo::test
