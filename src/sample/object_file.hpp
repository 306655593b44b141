// Writes an object of the bucket to disk: one gzip member, as AWS DMS writes it (flags 0, time 0, OS byte 3),
// or the same rows as a Parquet file. It is written under a hidden name and renamed when it is complete, so
// readers never see an incomplete file.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/object.hpp"
#include "decode/parquet/writer.hpp"

namespace peo::sample {

struct ObjectForm {
  int gzip_level = 3;
  std::string duckdb_library{};  // empty: CSV; else Parquet
  const char* extension() const { return duckdb_library.empty() ? ".csv.gz" : ".parquet"; }
  // How NULL is written in the rows.
  std::string null() const { return duckdb_library.empty() ? "" : parquet::csv_null; }
};

class ObjectFile {
 public:
  // Creates its parent directories. `columns` are those of the rows.
  ObjectFile(std::filesystem::path path, const ObjectForm& form, std::vector<parquet::WrittenColumn> columns);
  ObjectFile(const ObjectFile&) = delete;
  ObjectFile& operator=(const ObjectFile&) = delete;
  ~ObjectFile();  // removes an object that wasn't finished

  void write(std::string_view bytes);
  // Sets its name and modification time; returns its size.
  std::uint64_t finish(Time last_modified);

 private:
  void deflate_input(int flush);
  void convert();
  void put(const unsigned char* bytes, std::size_t size);

  std::filesystem::path path_, hidden_;
  std::string duckdb_library_;
  std::vector<parquet::WrittenColumn> columns_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  z_stream stream_{};
  gz_header header_{};
  std::vector<unsigned char> out_;
};

}  // namespace peo::sample
