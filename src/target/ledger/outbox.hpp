// The Outbox in PostgreSQL: loader_outbox. One thread; errors are the connection's.
#pragma once
#include <optional>
#include <vector>

#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

class PostgresOutbox final : public Outbox {
 public:
  // `session` must outlive this.
  explicit PostgresOutbox(Session& session) : session_(session) {}

  std::uint64_t unsent_count() override;
  std::vector<Message> unsent(std::size_t limit) override;
  void mark_published(const std::vector<Message>& messages) override;

 private:
  Session& session_;
};

// The message in a result row of record_deliveries.sql, if the delivery has one.
std::optional<Message> message_of(const Session& session, std::uint64_t delivery_id, const Rows& rows,
                                  int row);

}  // namespace peo::target
