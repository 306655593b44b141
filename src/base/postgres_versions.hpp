// The major versions of PostgreSQL that the loader supports, as its target and as the embedded server. Older
// ones are refused; for a newer target the command check warns, and a newer server isn't chosen as the
// embedded one. `scripts/matrix` tests each.
#pragma once

namespace peo {

inline constexpr int oldest_postgres = 13;
inline constexpr int newest_postgres = 18;

}  // namespace peo
