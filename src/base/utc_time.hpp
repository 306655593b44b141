// A time in UTC as text: "2022-09-22 09:58:53". Pure.
//
// For times from outside (file names, listings, tokens): unlike fmt and system_clock::to_time_t, which count
// nanoseconds and overflow outside the years 1678 to 2261, it is correct for every Time.
#pragma once
#include <string>

#include "base/object.hpp"

namespace peo {

// Fractions of a second are omitted. `between` separates date and time of day.
std::string utc_time_text(Time time, char between = ' ');

}  // namespace peo
