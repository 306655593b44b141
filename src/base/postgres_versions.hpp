// The major versions of PostgreSQL that the loader supports, as its target and as the embedded server. An
// older one is refused; a newer one is a warning of the command check as a target, and isn't chosen for the
// embedded server. `scripts/matrix` tests each.
#pragma once

namespace peo {

inline constexpr int oldest_postgres = 13;
inline constexpr int newest_postgres = 18;

}  // namespace peo
