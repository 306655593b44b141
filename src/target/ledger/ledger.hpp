// The DeliveryLedger in PostgreSQL: loader_deliveries and the tables around it, read and written through a
// Session, which knows where they are (a dry run's are temporary). One thread; errors are the connection's.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

class PostgresLedger : public DeliveryLedger {
 public:
  // `session` must outlive this.
  explicit PostgresLedger(Session& session) : session_(session) {}

  std::map<std::string, LedgerEntry> find(const std::string& entity,
                                          std::span<const std::string> object_keys) override;
  std::map<std::string, EntityState> states(std::span<const std::string> entities,
                                            std::uint64_t look_back_files) override;
  std::vector<LoadedObject> loaded_after(const std::string& entity, int generation, const Position& after,
                                         std::size_t limit) override;
  std::vector<OpenRequest> open_requests() override;
  std::map<std::string, Quarantined> quarantined() override;

  std::uint64_t record_not_loaded(const Delivery& delivery, NotLoaded how,
                                  const std::string& reason) override;
  void update_etag(const Delivery& delivery) override;
  void answer(std::uint64_t request, const std::string& answer) override;
  HoldsByEntity holds() override;
  void record_holds(const HoldsByEntity& all) override;
  std::optional<Time> last_full_listing() const override { return session_.state().last_full_listing; }
  void full_listing_done() override;

  // The outcome of a delivery, looked up by the object that it read: for a COMMIT whose reply was lost.
  std::optional<Outcome> find_committed(const Delivery& delivery);

 protected:
  Session& session_;
};

std::map<std::string, LedgerEntry> find_in(Connection& connection, const std::string& deliveries,
                                           const std::string& entity,
                                           std::span<const std::string> object_keys);

// SQL for {incomplete}: what isn't in its table of the files of this ledger; its $1 is the schema.
std::string incomplete_files(const std::string& deliveries);

std::map<std::string, Quarantined> quarantined_in(Connection& connection, const std::string& deliveries,
                                                  const std::string& schema);

HoldsByEntity holds_in(Connection& connection, const std::string& holds);

// `delivery_id`: the delivery that the request led to, if any.
void answer_request(Session& session, std::uint64_t request, std::optional<std::uint64_t> delivery_id,
                    const std::string& answer);

// A time as statements take it: "2022-09-22 09:58:53.123456+00".
std::string timestamp(Time time);
Parameter timestamp(const std::optional<Time>& time);

}  // namespace peo::target
