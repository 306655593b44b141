#include "source/directory/directory_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/error.hpp"
#include "source/directory/directory_error.hpp"

namespace peo::source {
namespace {

// Limits to what PostgreSQL can store, and Time without overflow: a file system may report any number.
Time modified(const struct stat& status) {
  using namespace std::chrono;
  constexpr sys_seconds earliest = sys_days(year(1) / 1 / 1);
  constexpr sys_seconds latest = sys_days(year(9999) / 12 / 31);
  const auto second = std::clamp<std::int64_t>(status.st_mtim.tv_sec, earliest.time_since_epoch().count(),
                                               latest.time_since_epoch().count());
  return Time(seconds(second)) + floor<microseconds>(nanoseconds(status.st_mtim.tv_nsec));
}

// Nanoseconds since 1970, composed as text: as an integer they would overflow in the year 2262.
std::string etag_of(const struct stat& status) {
  const auto& time = status.st_mtim;
  if (time.tv_sec > 0) return fmt::format("{}-{}{:09}", status.st_size, time.tv_sec, time.tv_nsec);
  if (time.tv_sec == 0) return fmt::format("{}-{}", status.st_size, time.tv_nsec);
  return fmt::format("{}-{}.{:09}", status.st_size, time.tv_sec, time.tv_nsec);
}

ObjectInfo object_of(WalkEntry entry) {
  ObjectInfo object;
  object.key = std::move(entry.key);
  object.etag = etag_of(entry.status);
  object.size = static_cast<std::uint64_t>(entry.status.st_size);
  object.last_modified = modified(entry.status);
  return object;
}

Error changed(const std::string& path) {
  return Error::changed_object("file " + path + " was changed or deleted after it was listed",
                               "The next poll lists it again.");
}

class FileStream final : public ByteStream {
 public:
  FileStream(int file, std::string path, std::string etag, std::uint64_t offset, std::uint64_t size)
      : file_(file), path_(std::move(path)), etag_(std::move(etag)), offset_(offset), size_(size) {}
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;
  ~FileStream() override { ::close(file_); }

  std::size_t read(std::span<char> buffer) override {
    if (offset_ == size_) {
      demand_unchanged();
      return 0;
    }
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - offset_));
    ssize_t got = 0;
    do {
      got = ::pread(file_, buffer.data(), wanted, static_cast<off_t>(offset_));
    } while (got < 0 && errno == EINTR);
    if (got < 0) throw directory_error(errno, "can't read " + path_);
    if (got == 0) throw changed(path_);
    offset_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

 private:
  // Written to while it was read: the bytes read may be of two versions.
  void demand_unchanged() const {
    struct stat status {};
    if (::fstat(file_, &status) != 0) throw directory_error(errno, "can't stat " + path_);
    if (etag_of(status) != etag_) throw changed(path_);
  }

  int file_;
  std::string path_;
  std::string etag_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

std::unique_ptr<ByteStream> open_file(const DirectoryRoot& root, const ObjectInfo& object,
                                      std::uint64_t offset) {
  const std::string path = root.path_of(object.key);
  if (offset > object.size) throw Error::internal("offset beyond the end of " + path);
  // O_NONBLOCK: opening a named pipe that replaced the file must not hang.
  const int file = root.open(object.key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV) throw changed(path);
    throw directory_error(errno, "can't open " + path);
  }
  auto stream = std::make_unique<FileStream>(file, path, object.etag, offset, object.size);
  struct stat status {};
  if (::fstat(file, &status) != 0) throw directory_error(errno, "can't stat " + path);
  if (!S_ISREG(status.st_mode) || etag_of(status) != object.etag) throw changed(path);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  return stream;
}

std::string without_closing_slashes(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

DirectorySource::DirectorySource(std::string path, std::size_t page_size, std::size_t names_at_once)
    : page_size_(std::clamp<std::size_t>(page_size, 1, 1000)), names_at_once_(names_at_once) {
  if (path.empty()) {
    throw Error::configuration("bucket_path is empty", "Set it to the directory to read.");
  }
  root_ = without_closing_slashes(std::move(path));
}

std::string DirectorySource::describe() const { return "directory " + (root_.empty() ? "/" : root_); }

std::string DirectorySource::full_key(const std::string& key) const { return root_ + "/" + key; }

ListPage DirectorySource::list(const ListRequest& request) {
  const bool goes_on = running_ && !request.continuation.empty() && running_->next == request.continuation &&
                       running_->prefix == request.prefix && running_->delimited == request.delimited;
  auto running = goes_on ? std::move(running_) : nullptr;
  running_.reset();
  if (!running) {
    const auto& after = request.continuation.empty() ? request.start_after : request.continuation;
    running = std::make_unique<Running>(
        Running{request.prefix, request.delimited, "",
                DirectoryWalk(std::make_shared<DirectoryRoot>(root_, warned_), request.prefix,
                              request.delimited, after, names_at_once_),
                std::nullopt});
    running->ahead = running->walk.next();
  }
  ListPage page;
  std::string last;
  while (running->ahead && page.objects.size() + page.prefixes.size() < page_size_) {
    last = running->ahead->key;
    if (running->ahead->is_directory) {
      page.prefixes.push_back(last);
    } else {
      page.objects.push_back(object_of(std::move(*running->ahead)));
    }
    running->ahead = running->walk.next();
  }
  if (running->ahead) {
    page.next = last;
    running->next = last;
    running_ = std::move(running);
  }
  return page;
}

std::unique_ptr<ByteStream> DirectorySource::open(const ObjectInfo& object, std::uint64_t offset) {
  const std::string path = full_key(object.key);
  try {
    return open_file(DirectoryRoot(root_, warned_), object, offset);
  } catch (Error& error) {
    error.at(Place{.object_key = path});
    throw;
  }
}

}  // namespace peo::source
