#include "source/directory/directory_error.hpp"

#include <cerrno>
#include <system_error>

namespace peo::source {

Error directory_error(int error_number, const std::string& what_happened) {
  const std::string what = what_happened + ": " + std::generic_category().message(error_number);
  switch (error_number) {
    case EACCES:
    case EPERM:
      return Error::permission(
          what,
          "Grant the loader's user read permission on it, and search permission (x) on its directories.");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ETIMEDOUT:
    case ESTALE:
      return Error::retry(what);
    default:
      return Error::local_io(what);
  }
}

}  // namespace peo::source
