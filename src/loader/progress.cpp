#include "loader/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace peo::loader {
namespace {

using std::chrono::milliseconds;

constexpr auto between_lines = milliseconds(3000);
constexpr auto between_bars = milliseconds(100);

}  // namespace

std::string progress_bar(double share) {
  constexpr std::size_t width = 24;
  const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width);
  return "[" + std::string(full, '#') + std::string(width - full, '-') + "]";
}

Progress::~Progress() {
  if (drawn_) log::end_progress();
}

void Progress::at(std::uint64_t rows, std::uint64_t fetched) {
  const auto now = Clock::now();
  const bool bar = log::shows_progress();
  // Before the first byte there is no share to estimate a total from.
  if (fetched == 0) return;
  if (bar ? drawn_ && now - shown_ < between_bars : now - shown_ < between_lines) return;
  shown_ = now;
  const double share = static_cast<double>(fetched) / static_cast<double>(std::max(object_bytes_, fetched));
  const auto total = std::max(rows, static_cast<std::uint64_t>(static_cast<double>(rows) / share));
  if (!bar) {
    log::info(LogFields{.delivery = delivery_id_}, "Delivery {}: processed {}/~{}...", delivery_id_, rows,
              total);
    return;
  }
  draw(rows, total, share, now);
  drawn_ = true;
}

void Progress::draw(std::uint64_t rows, std::uint64_t total, double share, Clock::time_point now) const {
  const auto seconds = std::max(std::chrono::duration<double>(now - began_).count(), 0.001);
  log::show_progress(fmt::format("Delivery {} {} {:3.0f} % {}/~{} rows, {:.0f}/s", delivery_id_,
                                 progress_bar(share), share * 100, rows, total,
                                 static_cast<double>(rows) / seconds));
}

}  // namespace peo::loader
