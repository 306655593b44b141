// A time in UTC as text: "2022-09-22 09:58:53". Pure.
//
// For times that come from outside (names of files, listings, tokens): unlike fmt and
// system_clock::to_time_t, which count nanoseconds and overflow outside of the years 1678 to 2261, it is
// right for every time that Time can hold.
#pragma once
#include <string>

#include "base/object.hpp"

namespace peo {

// The fraction of a second is left out. `between` separates date and time of day.
std::string utc_time_text(Time time, char between = ' ');

}  // namespace peo
