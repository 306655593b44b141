// An object in the bucket (or a file in a bucket directory), as listed.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace peo {

using Time = std::chrono::sys_time<std::chrono::microseconds>;  // UTC
inline Time now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

struct ObjectInfo {
  std::string key;         // relative to bucket_path, so that a bucket can be moved:
                           // "dbo/orders/LOAD00000001.csv.gz"
  std::string etag;        // without quotes; for a local file: "<size>-<modification time in nanoseconds>"
  std::uint64_t size = 0;  // bytes
  Time last_modified{};
};

// By the extension that AWS DMS uses; every other file of a table is CSV.
inline bool is_parquet(std::string_view key) { return key.ends_with(".parquet"); }

}  // namespace peo
