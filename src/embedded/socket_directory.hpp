// The directory of the private socket. A socket's path may have at most 107 bytes, so it can't be in a
// DATA_DIR of any length. It is a short directory under $XDG_RUNTIME_DIR, /run (root) or /tmp, with a name
// derived from the cluster's, so that a server that was left running blocks a second one and is found again.
// Every user may write to /tmp: an existing directory is used only if it is a real directory (not a link)
// that belongs to the server's user and is not accessible to others.
#pragma once
#include <filesystem>
#include <string>

#include "embedded/account.hpp"

namespace peo::embedded {

std::filesystem::path socket_directory_of(const std::filesystem::path& cluster, const Account& account);

// Creates or checks it.
std::filesystem::path create_socket_directory(const std::filesystem::path& cluster, const Account& account);

// A hash of the path, as 16 hexadecimal digits.
std::string short_name(const std::filesystem::path& path);

}  // namespace peo::embedded
