// The user that the server runs as. PostgreSQL refuses root, so a loader that runs as root gives its server
// to the user `postgres`, or `nobody` where that one does not exist; a cluster that exists runs as its owner.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

namespace peo::embedded {

struct Account {
  uid_t uid = static_cast<uid_t>(-1);  // nobody at all
  gid_t gid = static_cast<gid_t>(-1);
  std::string name;
};

Account own_account();
// For a new cluster.
Account server_account();
// Of an existing one. Not ours, and we are not root: Error (permission).
Account owner_of(const std::filesystem::path& cluster);
// Whether a child of ours may have this account.
bool is_other(const Account& account);

// In a child between fork and exec (async-signal-safe). False: refused.
bool become(const Account& account);
// Whether the account can reach what lies in the folder.
bool can_enter(const Account& account, const std::filesystem::path& folder);
// False where the file system has no owners that could be set.
bool give(const Account& account, const std::filesystem::path& folder);

}  // namespace peo::embedded
