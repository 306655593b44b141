// A small bucket as AWS DMS writes it, in a directory of a test's own: files appear whole, as objects do. The
// same files can be put into an S3 bucket.
//
//   Bucket bucket;
//   bucket.load("orders", 1, "1,a\n");                             // dbo/orders/LOAD00000001.csv.gz
//   bucket.change("orders", "20220922-095853123", "U,1,b\n");      // dbo/orders/20220922-095853123.csv.gz
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "support/swift_server.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

class Bucket {
 public:
  Bucket();
  // All take the file's text and give its key.
  std::string load(const std::string& table, std::uint64_t counter, const std::string& text);
  std::string change(const std::string& table, const std::string& name, const std::string& text);
  // An object as it is, under any key.
  void put(const std::string& key, const std::string& bytes);
  void remove(const std::string& key);

  std::filesystem::path directory() const { return directory_ / "bucket"; }
  std::string source() const;  // what SOURCE must say to read the directory
  const std::map<std::string, std::string>& objects() const { return objects_; }

  // Every object so far, below `path` (empty: at the top). Gives what SOURCE must say to read them there.
  std::string put_into(SwiftServer& swift, const std::string& bucket, const std::string& path) const;

 private:
  TempDir directory_;
  std::map<std::string, std::string> objects_;  // by key
};

// SOURCE for a bucket of the Swift server.
std::string swift_source(const SwiftServer& swift, const std::string& bucket, const std::string& path);

}  // namespace peo::test
