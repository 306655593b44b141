// The variable SOURCE: where the files come from. The text is s3://bucket/prefix, file:///directory, or a
// list of keyword=value words, quoted as libpq quotes them: single quotes around a value that is empty or has
// spaces, a backslash before a quote or a backslash, spaces allowed around "=".
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "config/problems.hpp"

namespace peo::config {

enum class SourceKind { Sample, Folder, S3 };
enum class BucketStyle { Auto, Path, Virtual };

struct SourceSettings {
  SourceKind kind = SourceKind::Sample;
  std::filesystem::path folder;  // Sample and Folder: may be relative to the working folder

  // S3 only.
  std::string endpoint;  // "https://host:port"; empty: the environment's, else Amazon's own for the region
  std::string bucket_name;
  std::string path;           // the folder inside the bucket, no slash at its ends; empty: the whole bucket
  std::string region;         // empty: neither SOURCE nor the environment names one
  std::string access_key_id;  // empty (and so the next two): SOURCE carries no credentials
  std::string secret_key;
  std::string session_token;
  BucketStyle style = BucketStyle::Auto;
  bool requester_pays = false;

  // "s3://bucket/data at https://…" or "folder /…". No secrets.
  std::string display() const;
};

// Reads a text that is not empty. What is wrong goes to `problems`, without any secret; then the result is
// not to be used.
SourceSettings read_source(std::string_view text, Problems& problems);

// Whether a region can be one (it becomes part of a signature and of a host name).
bool is_region(std::string_view text);

}  // namespace peo::config
