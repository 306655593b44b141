// The folder of the private socket. A socket's path may have 107 bytes, so it can't lie in a data folder of
// any length; it is a short folder under $XDG_RUNTIME_DIR, /run (root) or /tmp with a name that follows from
// the cluster's, so that a server that was left running blocks a second one and is found again.
// Everybody may write to /tmp: a folder that is there already is used only when it is a real folder (no link)
// of the server's own user, closed to all others.
#pragma once
#include <filesystem>
#include <string>

#include "embedded/account.hpp"

namespace peo::embedded {

std::filesystem::path socket_folder_of(const std::filesystem::path& cluster, const Account& account);

// Makes or checks it.
std::filesystem::path make_socket_folder(const std::filesystem::path& cluster, const Account& account);

// A short name for a path that always comes out the same: 16 hexadecimal digits.
std::string short_name(const std::filesystem::path& path);

}  // namespace peo::embedded
