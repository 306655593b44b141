// The message that tells subscribers what a delivery changed. It is created together with the outbox row, and
// sent unchanged by the notifier later.
//
//   {"v": 1, "ds": "paper-engine", "id": "orders", "host": "hostname", "utcts": "2021-12-09T08:31:04.824890",
//    "stats": {"orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}}, "max_event_id": 1020487673}
//
// It is one line; its fields and their order are part of the contract with subscribers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/delivery.hpp"
#include "base/object.hpp"

namespace peo {

inline constexpr std::string_view change_subject = "paper-engine.meta.orders.change";

std::string change_message(const RowCountsByTable& stats, std::uint64_t max_event_id, Time utc,
                           const std::string& host);

// The same for one entity, as a template for SQL's format() with placeholders for values that only the server
// knows: %1$s amended, %2$s created, %3$s removed, %4$s max_event_id.
std::string change_message_format(const std::string& entity, Time utc, const std::string& host);

// This machine's name; "unknown" when it has none.
std::string host_name();

}  // namespace peo
