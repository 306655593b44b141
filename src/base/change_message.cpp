#include "base/change_message.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/utc_time.hpp"

namespace peo {
namespace {

std::string utc_text(Time utc) {
  return fmt::format("{}.{:06}", utc_time_text(utc, 'T'),
                     (utc - std::chrono::floor<std::chrono::seconds>(utc)).count());
}

std::string message(const std::string& stats, const std::string& max_event_id, Time utc,
                    const std::string& host) {
  const auto quoted_host =
      nlohmann::json(host).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return fmt::format(
      R"({{"v": 1, "ds": "paper-engine", "id": "orders", "host": {}, "utcts": "{}", "stats": {}, "max_event_id": {}}})",
      quoted_host, utc_text(utc), stats, max_event_id);
}

}  // namespace

std::string change_message(const RowCountsByTable& stats, std::uint64_t max_event_id, Time utc,
                           const std::string& host) {
  return message(to_json(stats), std::to_string(max_event_id), utc, host);
}

std::string change_message_format(const std::string& entity, Time utc, const std::string& host) {
  // Control characters mark the numbers: JSON text contains none, so no name can be mistaken for one.
  const auto text = message("{" + counts_json(entity, "\1", "\2", "\3") + "}", "\4", utc, host);
  std::string format;
  for (const char c : text) {
    if (c >= 1 && c <= 4) {
      format += fmt::format("%{}$s", static_cast<int>(c));
    } else {
      format += c == '%' ? "%%" : std::string(1, c);
    }
  }
  return format;
}

std::string host_name() {
  std::array<char, 256> name{};  // one more than Linux allows, so that it is always NUL-terminated
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "unknown";
  return name.data();
}

}  // namespace peo
