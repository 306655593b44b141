#include "support/bucket.hpp"

#include <fmt/format.h>

namespace peo::test {

Bucket::Bucket() { std::filesystem::create_directories(directory()); }

std::string Bucket::load(const std::string& table, std::uint64_t counter, const std::string& text) {
  auto key = fmt::format("dbo/{}/LOAD{:08X}.csv.gz", table, counter);
  put(key, gzipped(text));
  return key;
}

std::string Bucket::change(const std::string& table, const std::string& name, const std::string& text) {
  auto key = fmt::format("dbo/{}/{}.csv.gz", table, name);
  put(key, gzipped(text));
  return key;
}

void Bucket::put(const std::string& key, const std::string& bytes) {
  const auto whole = directory() / key;
  std::filesystem::create_directories(whole.parent_path());
  const auto part = directory_ / "part";
  write_file(part, bytes);
  std::filesystem::rename(part, whole);
  objects_[key] = bytes;
}

void Bucket::remove(const std::string& key) {
  std::filesystem::remove(directory() / key);
  objects_.erase(key);
}

std::string Bucket::source() const { return "bucket_path=" + directory().string(); }

std::string Bucket::put_into(SwiftServer& swift, const std::string& bucket, const std::string& path) const {
  for (const auto& [key, bytes] : objects_) {
    swift.put(bucket, path.empty() ? key : fmt::format("{}/{}", path, key), bytes);
  }
  return swift_source(swift, bucket, path);
}

std::string swift_source(const SwiftServer& swift, const std::string& bucket, const std::string& path) {
  return fmt::format("bucket_endpoint={} bucket_id={} bucket_key={} bucket_name={} bucket_region={}{}",
                     swift.endpoint(), SwiftServer::access_key_id, SwiftServer::secret_access_key, bucket,
                     SwiftServer::region, path.empty() ? "" : fmt::format(" bucket_path='{}'", path));
}

}  // namespace peo::test
