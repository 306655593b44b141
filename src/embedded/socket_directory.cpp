#include "embedded/socket_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"

namespace peo::embedded {

namespace fs = std::filesystem;

namespace {

// A private parent directory makes the check below a formality; /tmp is the fallback.
fs::path parent_directory(const Account& account) {
  const std::size_t longest =
      sizeof(sockaddr_un::sun_path) - sizeof "/peo-4294967295-0123456789abcdef/.s.PGSQL.5432";
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (!is_other(account) && runtime != nullptr && runtime[0] == '/' && std::strlen(runtime) <= longest &&
      ::access(runtime, W_OK | X_OK) == 0) {
    return runtime;
  }
  if (::geteuid() == 0 && ::access("/run", W_OK) == 0 && can_enter(account, "/run")) return "/run";
  return "/tmp";
}

Error refused(const fs::path& directory, const std::string& why) {
  return Error::permission(
      fmt::format("{} can't be used as the directory of the database's socket: {}", directory.string(), why),
      "Remove it, or set XDG_RUNTIME_DIR to a directory that only you can write to.");
}

// Works on the open directory, so that it can't be replaced after the check.
void check(int directory, const fs::path& path, const Account& account, bool made) {
  struct stat status {};
  if (::fstat(directory, &status) != 0) throw refused(path, std::strerror(errno));
  if (made) {
    if (::fchown(directory, account.uid, account.gid) != 0) throw refused(path, std::strerror(errno));
  } else if (status.st_uid != account.uid) {
    // It is still ours if a previous loader crashed before changing the owner.
    if (status.st_uid != ::geteuid() || ::fchown(directory, account.uid, account.gid) != 0) {
      throw refused(path, fmt::format("it belongs to the user id {}", status.st_uid));
    }
  }
  if ((status.st_mode & 0077) != 0 && ::fchmod(directory, 0700) != 0)
    throw refused(path, std::strerror(errno));
}

}  // namespace

std::string short_name(const fs::path& path) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : path.string()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("{:016x}", hash);
}

fs::path socket_directory_of(const fs::path& cluster, const Account& account) {
  return parent_directory(account) / fmt::format("peo-{}-{}", account.uid, short_name(cluster));
}

fs::path create_socket_directory(const fs::path& cluster, const Account& account) {
  fs::path path = socket_directory_of(cluster, account);
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) throw refused(path, std::strerror(errno));
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0)
    throw refused(path, errno == ELOOP || errno == ENOTDIR ? "it is not a directory" : std::strerror(errno));
  try {
    check(directory, path, account, made);
  } catch (...) {
    ::close(directory);
    throw;
  }
  ::close(directory);
  return path;
}

}  // namespace peo::embedded
