#include "target/side_connections.hpp"

#include <utility>

#include "target/postgres_target.hpp"
#include "target_sql.hpp"

namespace peo::target {
namespace {

// What one has in its buffers keeps its server process busy while the others are filled.
class TurnCopy final : public Copy {
 public:
  explicit TurnCopy(std::vector<std::unique_ptr<RowCopy>> copies) : copies_(std::move(copies)) {}

  void add(const decode::ChangeBatch& batch) override { copies_[turn_++ % copies_.size()]->add(batch); }

  std::uint64_t end() override {
    std::uint64_t rows = 0;
    for (const auto& copy : copies_) rows += copy->end();
    return rows;
  }

 private:
  std::vector<std::unique_ptr<RowCopy>> copies_;
  std::size_t turn_ = 0;
};

}  // namespace

SideConnections::SideConnections(const std::string& conninfo, const Stop& stop,
                                 const ConnectionOptions& options, std::size_t count, std::int64_t backend) {
  for (std::size_t i = 0; i < count; ++i) {
    auto connection = std::make_unique<Connection>(conninfo, stop, options);
    connection->connect();
    begin_session(*connection);
    connection->query(std::string(sql::heartbeat_begin), {std::to_string(backend)});
    connection->query("BEGIN");
    connections_.push_back(std::move(connection));
  }
}

SideConnections::~SideConnections() {
  for (const auto& connection : connections_) connection->rollback();
}

void SideConnections::commit() {
  for (const auto& connection : connections_) connection->query("COMMIT");
}

std::unique_ptr<Copy> SideConnections::copy(Connection& first, const Table& table, Format format,
                                            std::uint64_t event_base, std::uint64_t delivery_id) {
  std::vector<std::unique_ptr<RowCopy>> copies;
  copies.push_back(std::make_unique<RowCopy>(first, table, format, event_base, delivery_id));
  for (const auto& connection : connections_)
    copies.push_back(std::make_unique<RowCopy>(*connection, table, format, event_base, delivery_id));
  return std::make_unique<TurnCopy>(std::move(copies));
}

}  // namespace peo::target
