#include "embedded/account.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/error.hpp"

namespace peo::embedded {

namespace {

std::optional<Account> found(const passwd& entry, const passwd* result) {
  if (result == nullptr) return std::nullopt;
  return Account{entry.pw_uid, entry.pw_gid, entry.pw_name};
}

std::optional<Account> account_of(uid_t uid) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* result = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &result);
  return found(entry, result);
}

std::optional<Account> account_of(const char* name) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* result = nullptr;
  ::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &result);
  return found(entry, result);
}

}  // namespace

Account own_account() {
  const auto account = account_of(::geteuid());
  // Both initdb and the server's peer authentication need the name.
  if (!account) {
    throw Error::configuration(
        fmt::format("the user id {} has no name on this machine, which PostgreSQL needs", ::geteuid()),
        "Add it to /etc/passwd, run as an existing user, or set TARGET to your own server.");
  }
  return *account;
}

Account server_account() {
  if (::geteuid() != 0) return own_account();
  for (const char* name : {"postgres", "nobody"}) {
    if (auto account = account_of(name); account && account->uid != 0) return *account;
  }
  throw Error::configuration("PostgreSQL doesn't run as root, and there is no user postgres or nobody",
                             "Run the loader as another user, or set TARGET to your own server.");
}

Account owner_of(const std::filesystem::path& cluster) {
  struct stat status {};
  if (::stat(cluster.c_str(), &status) != 0) {
    throw Error::local_io(fmt::format("can't stat {}", cluster.string()));
  }
  if (status.st_uid == ::geteuid() && status.st_uid != 0) return own_account();
  const auto account = account_of(status.st_uid);
  if (::geteuid() != 0 || status.st_uid == 0 || !account) {
    const std::string owner = account ? account->name : std::to_string(status.st_uid);
    throw Error::permission(fmt::format("the database directory {} belongs to {}", cluster.string(), owner),
                            ::geteuid() == 0 ? "Change its owner to postgres (chown -R)."
                                             : "Run as that user, or choose another DATA_DIR.");
  }
  return *account;
}

bool is_other(const Account& account) { return account.uid != ::geteuid(); }

bool switch_to(const Account& account) {
  return ::setgroups(0, nullptr) == 0 && ::setgid(account.gid) == 0 && ::setuid(account.uid) == 0;
}

bool can_enter(const Account& account, const std::filesystem::path& directory) {
  if (!is_other(account)) return ::access(directory.c_str(), X_OK) == 0;
  const std::string name = directory.string();
  const pid_t child = ::fork();
  if (child < 0) throw Error::internal("fork failed");
  if (child == 0) ::_exit(switch_to(account) && ::access(name.c_str(), X_OK) == 0 ? 0 : 1);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool change_owner(const Account& account, const std::filesystem::path& directory) {
  return !is_other(account) || ::lchown(directory.c_str(), account.uid, account.gid) == 0;
}

}  // namespace peo::embedded
