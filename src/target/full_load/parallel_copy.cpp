#include "target/full_load/parallel_copy.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "target/full_load/index_rebuild.hpp"
#include "target/postgres/begin_session.hpp"

namespace peo::target {
namespace {

// Bytes of the file per piece. In COPY's format they usually grow by at most half, and a socket's
// buffer (208 KiB) holds several: the best of 16 to 192 KiB measured on a local connection.
constexpr std::size_t piece_bytes = std::size_t{32} * 1024;

// One thread encodes rows for all connections. A piece goes to a connection whose last piece has left and
// whose socket has room, so that none runs dry while another is waited for.
class SharedCopy final : public Copy {
 public:
  SharedCopy(std::vector<Connection*> connections, std::vector<std::unique_ptr<RowCopy>> copies)
      : connections_(std::move(connections)), copies_(std::move(copies)) {}

  void add(const decode::ChangeBatch& batch) override {
    const auto rows = batch.rows.size();
    for (std::size_t first = 0, last = 0; first < rows; first = last) {
      const auto end = batch.rows[first].begin + piece_bytes;
      while (last < rows && batch.rows[last].begin < end) ++last;
      free_copy().put(batch, first, last);
    }
  }

  std::uint64_t end() override {
    std::uint64_t rows = 0;
    for (const auto& copy : copies_) rows += copy->end();
    return rows;
  }

 private:
  RowCopy& free_copy() {
    while (true) {
      for (std::size_t i = 0; i < copies_.size(); ++i) {
        // Round and round: always starting with the first would starve the last.
        auto& copy = *copies_[turn_++ % copies_.size()];
        if (copy.takes()) return copy;
      }
      Connection::wait_to_put(connections_);
    }
  }

  std::vector<Connection*> connections_;
  std::vector<std::unique_ptr<RowCopy>> copies_;
  std::size_t turn_ = 0;
};

// Runs statements, each in its own transaction, over connections that take the next one when they are done.
class ConcurrentStatements {
 public:
  ConcurrentStatements(std::vector<Connection*> connections, const std::vector<std::string>& statements,
                       const std::function<void(Connection&)>& hold)
      : free_(std::move(connections)),
        at_a_time_(std::min(free_.size(), statements.size())),
        statements_(statements),
        hold_(hold) {}

  void run() {
    while (true) {
      while (!failed_ && begun_ < statements_.size() && !free_.empty()) guarded([this] { begin(); });
      // After a failure nothing is started, but what runs is waited for: its connections can't be used
      // before.
      if (busy_.empty()) break;
      Connection::wait_for_any(busy_);
      for (auto* connection : std::vector(busy_)) guarded([this, connection] { look_at(*connection); });
    }
    if (failed_) std::rethrow_exception(failed_);
  }

 private:
  // Keeps the first failure, which stops new statements. A connection that fails is not used again.
  template <class Action>
  void guarded(Action action) {
    try {
      action();
    } catch (const Error&) {
      if (!failed_) failed_ = std::current_exception();
    }
  }

  void begin() {
    auto& connection = *free_.back();
    free_.pop_back();
    connection.query("BEGIN");
    // Before the statement: another loader may have recovered the table in the meantime.
    hold_(connection);
    set_for_building(connection, at_a_time_);
    connection.send(statements_[begun_++]);
    busy_.push_back(&connection);
  }

  void look_at(Connection& connection) {
    try {
      if (!connection.answered()) return;
      std::erase(busy_, &connection);
      connection.answer();
    } catch (const Error&) {
      std::erase(busy_, &connection);
      throw;
    }
    connection.query("COMMIT");
    free_.push_back(&connection);
  }

  std::vector<Connection*> free_, busy_;
  std::size_t at_a_time_;
  const std::vector<std::string>& statements_;
  const std::function<void(Connection&)>& hold_;
  std::size_t begun_ = 0;
  std::exception_ptr failed_;
};

}  // namespace

ParallelCopy::ParallelCopy(const std::string& conninfo, const Cancellation& stop,
                           const ConnectionOptions& options, std::size_t count,
                           std::function<void(Connection&)> hold)
    : hold_(std::move(hold)) {
  for (std::size_t i = 0; i < count; ++i) {
    auto connection = std::make_unique<Connection>(conninfo, stop, options);
    connection->connect();
    begin_session(*connection);
    connection->query("BEGIN");
    hold_(*connection);
    connections_.push_back(std::move(connection));
  }
}

ParallelCopy::~ParallelCopy() {
  for (const auto& connection : connections_) connection->rollback();
}

void ParallelCopy::commit() {
  for (const auto& connection : connections_) connection->query("COMMIT");
}

void ParallelCopy::create(Connection& first, const std::vector<std::string>& statements) {
  ConcurrentStatements(with(first), statements, hold_).run();
}

std::vector<Connection*> ParallelCopy::with(Connection& first) const {
  std::vector<Connection*> all{&first};
  for (const auto& connection : connections_) all.push_back(connection.get());
  return all;
}

std::unique_ptr<Copy> ParallelCopy::copy(Connection& first, const Table& table, Format format,
                                         std::uint64_t event_base, std::uint64_t delivery_id) {
  const auto all = with(first);
  std::vector<std::unique_ptr<RowCopy>> copies;
  copies.reserve(all.size());
  for (auto* connection : all)
    copies.push_back(std::make_unique<RowCopy>(*connection, table, format, event_base, delivery_id));
  return std::make_unique<SharedCopy>(all, std::move(copies));
}

}  // namespace peo::target
