#include "sample/object_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "base/file_error.hpp"

namespace peo::sample {
namespace {

constexpr std::size_t piece = std::size_t{256} * 1024;

timespec to_timespec(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.time_since_epoch().count(),
          .tv_nsec = std::chrono::nanoseconds(time - seconds).count()};
}

}  // namespace

ObjectFile::ObjectFile(std::filesystem::path path, const ObjectForm& form,
                       std::vector<parquet::WrittenColumn> columns)
    : path_(std::move(path)),
      hidden_(path_.parent_path() / ("." + path_.filename().string() + ".part")),
      duckdb_library_(form.duckdb_library),
      columns_(std::move(columns)),
      out_(piece) {
  make_directories(path_.parent_path());
  file_ = ::open(hidden_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) throw file_error(errno, "can't write " + hidden_.string());
  header_.os = 3;
  if (deflateInit2(&stream_, form.gzip_level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
      deflateSetHeader(&stream_, &header_) != Z_OK) {
    ::close(file_);
    ::unlink(hidden_.c_str());
    throw Error::internal("zlib can't compress.");
  }
}

ObjectFile::~ObjectFile() {
  deflateEnd(&stream_);
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(hidden_.c_str());
}

void ObjectFile::write(std::string_view bytes) {
  if (!duckdb_library_.empty())
    return put(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    // zlib only reads its input, although the type isn't const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // NOLINT
    stream_.avail_in = static_cast<uInt>(part.size());
    deflate_input(Z_NO_FLUSH);
    bytes.remove_prefix(part.size());
  }
}

void ObjectFile::deflate_input(int flush) {
  do {
    stream_.next_out = out_.data();
    stream_.avail_out = static_cast<uInt>(out_.size());
    if (deflate(&stream_, flush) == Z_STREAM_ERROR) throw Error::internal("zlib failed to compress.");
    put(out_.data(), out_.size() - stream_.avail_out);
  } while (stream_.avail_out == 0);
}

void ObjectFile::put(const unsigned char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file_, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_error(errno, "can't write " + hidden_.string());
    bytes += written;
    size -= static_cast<std::size_t>(written);
    size_ += static_cast<std::uint64_t>(written);
  }
}

void ObjectFile::convert() {
  const auto csv = std::exchange(hidden_, hidden_.string() + "q");
  try {
    parquet::write_parquet(duckdb_library_, csv, columns_, hidden_);
  } catch (...) {
    ::unlink(csv.c_str());
    throw;
  }
  ::unlink(csv.c_str());
  ::close(file_);
  file_ = ::open(hidden_.c_str(), O_RDWR | O_CLOEXEC);
  if (file_ < 0) throw file_error(errno, "can't open " + hidden_.string());
  size_ = static_cast<std::uint64_t>(::lseek(file_, 0, SEEK_END));
}

std::uint64_t ObjectFile::finish(Time last_modified) {
  duckdb_library_.empty() ? deflate_input(Z_FINISH) : convert();
  const timespec time = to_timespec(last_modified);
  const timespec times[] = {time, time};
  if (::futimens(file_, times) != 0) throw file_error(errno, "can't set the time of " + hidden_.string());
  if (::close(std::exchange(file_, -1)) != 0 || ::rename(hidden_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(hidden_.c_str());
    throw file_error(error, "can't write " + path_.string());
  }
  return size_;
}

}  // namespace peo::sample
