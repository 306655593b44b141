// The user that the server runs as. PostgreSQL doesn't run as root, so a loader that runs as root starts its
// server as the user `postgres`, or `nobody` if there is no such user; an existing cluster runs as its owner.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

namespace peo::embedded {

struct Account {
  uid_t uid = static_cast<uid_t>(-1);  // no user
  gid_t gid = static_cast<gid_t>(-1);
  std::string name;
};

Account own_account();
// For a new cluster.
Account server_account();
// Of an existing cluster. An Error (permission) if it belongs to another user and we are not root.
Account owner_of(const std::filesystem::path& cluster);
// Whether this is another account than that of this process.
bool is_other(const Account& account);

// Changes to the account, in a child between fork and exec (async-signal-safe). False: not permitted.
bool switch_to(const Account& account);
// Whether the account has search permission on the directory.
bool can_enter(const Account& account, const std::filesystem::path& directory);
// Makes the account the owner. False if the file system can't do that.
bool change_owner(const Account& account, const std::filesystem::path& directory);

}  // namespace peo::embedded
