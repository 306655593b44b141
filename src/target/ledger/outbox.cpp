#include "target/ledger/outbox.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/change_message.hpp"
#include "base/sql_template.hpp"
#include "ledger_sql.hpp"

namespace peo::target {
namespace {

Message message(const Session& session, std::uint64_t delivery_id, std::uint64_t position,
                std::string_view subject, std::string_view payload) {
  Message made;
  made.position = position;
  made.delivery_id = delivery_id;
  // The same id whenever the message is sent: a stream then drops what the loader sends twice after a crash.
  made.id = fmt::format("{}-{}", session.state().target_id, delivery_id);
  made.subject = subject;
  made.payload = payload;
  return made;
}

}  // namespace

std::optional<Message> message_of(const Session& session, std::uint64_t delivery_id, const Rows& rows,
                                  int row) {
  if (rows.null(row, 6)) return std::nullopt;
  return message(session, delivery_id, rows.count(row, 5), change_subject, rows.text(row, 6));
}

std::uint64_t PostgresOutbox::unsent_count() {
  const auto rows =
      session_.connection().query(fill(sql::outbox_count, {{"outbox", session_.own("loader_outbox")}}));
  return rows.count(0, 0);
}

std::vector<Message> PostgresOutbox::unsent(std::size_t limit) {
  const auto rows = session_.connection().query(
      fill(sql::outbox_unsent, {{"outbox", session_.own("loader_outbox")}}), {std::to_string(limit)});
  std::vector<Message> messages;
  messages.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    messages.push_back(
        message(session_, rows.count(i, 1), rows.count(i, 0), rows.text(i, 2), rows.text(i, 3)));
  }
  return messages;
}

void PostgresOutbox::mark_published(const std::vector<Message>& messages) {
  std::vector<std::uint64_t> positions;
  positions.reserve(messages.size());
  for (const auto& one : messages) positions.push_back(one.position);
  session_.connection().query(fill(sql::outbox_published, {{"outbox", session_.own("loader_outbox")}}),
                              {array_of(std::span<const std::uint64_t>(positions))});
}

}  // namespace peo::target
