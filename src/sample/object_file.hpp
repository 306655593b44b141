// An object of the bucket on its way to disk: one gzip member, as AWS DMS writes it (flags 0, time 0, OS byte
// 3). It is written under a hidden name and gets its own when it is complete, so a reader never sees half of
// it.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/object.hpp"

namespace peo::sample {

class ObjectFile {
 public:
  ObjectFile(std::filesystem::path path, int gzip_level);  // makes the folders above it
  ObjectFile(const ObjectFile&) = delete;
  ObjectFile& operator=(const ObjectFile&) = delete;
  ~ObjectFile();  // an object that wasn't finished goes away

  void write(std::string_view bytes);
  // Gives it its name and modification time; its size.
  std::uint64_t finish(Time last_modified);

 private:
  void deflate_input(int flush);
  void put(const unsigned char* bytes, std::size_t size);

  std::filesystem::path path_, hidden_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  z_stream stream_{};
  gz_header header_{};
  std::vector<unsigned char> out_;
};

}  // namespace peo::sample
