// The days of the sample: trading days are Monday to Friday, and the first full load happens on the morning
// of day `history_days`, 2022-09-22.
#pragma once
#include <chrono>
#include <cstdint>

#include "base/object.hpp"

namespace peo::sample {

inline constexpr std::uint64_t history_days = 60;  // trading days before the full load

// Midnight of a trading day; day 0 is Thursday, 2022-06-30.
inline Time trading_day(std::uint64_t number) {
  using namespace std::chrono;
  constexpr unsigned day_of_week[] = {0, 1, 4, 5, 6};  // Thursday, Friday, then Monday to Wednesday
  return Time(sys_days(2022y / June / 30d)) + days(number / 5 * 7 + day_of_week[number % 5]);
}

inline constexpr std::chrono::microseconds opening = std::chrono::hours(8);
inline constexpr std::chrono::microseconds closing = std::chrono::hours(16) + std::chrono::minutes(30);

}  // namespace peo::sample
