// The variable SOURCE: where the files come from. The text is s3://bucket/prefix, file:///directory, or a
// list of keyword=value pairs in libpq's syntax: single quotes around a value that is empty or has spaces, a
// backslash before a quote or a backslash, spaces allowed around "=".
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "config/problems.hpp"

namespace peo::config {

enum class SourceKind { Sample, Directory, S3 };
enum class BucketStyle { Auto, Path, Virtual };

struct SourceSettings {
  SourceKind kind = SourceKind::Sample;
  std::filesystem::path directory;  // Sample and Directory: may be relative to the working directory

  // S3 only.
  std::string endpoint;  // "https://host:port"; empty: the environment's, else Amazon S3 in the region
  std::string bucket_name;
  std::string path;           // the prefix, without leading or trailing slash; empty: the whole bucket
  std::string region;         // empty: set neither in SOURCE nor in the environment
  std::string access_key_id;  // empty (like the next two): SOURCE has no credentials
  std::string secret_key;
  std::string session_token;
  BucketStyle style = BucketStyle::Auto;
  bool requester_pays = false;

  // "s3://bucket/data at https://…" or "directory /…". No secrets.
  std::string display() const;
};

// Parses a non-empty text. Adds errors to `problems`, without any secret; the result is then invalid.
SourceSettings read_source(std::string_view text, Problems& problems);

// Whether the text may be a region name (it becomes part of a signature and of a host name).
bool is_region(std::string_view text);

}  // namespace peo::config
