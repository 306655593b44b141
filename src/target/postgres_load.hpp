// One delivery's transaction in the PostgresTarget: apply (step 5), record (step 6), commit.
#pragma once
#include <chrono>
#include <optional>

#include "target/postgres_target.hpp"

namespace peo::target {

class PostgresLoad final : public DeliveryLoad {
 public:
  PostgresLoad(PostgresTarget& target, const FoundDelivery& delivery, Path path);
  ~PostgresLoad() override;

  void add(const decode::ChangeBatch& batch) override;
  Outcome commit(const ReadFacts& facts) override;

 private:
  void apply(std::uint64_t rows_read);
  void record(const ReadFacts& facts);
  [[noreturn]] void refused(Error error) const;

  PostgresTarget& target_;
  FoundDelivery delivery_;
  const Table& table_;
  Path path_;
  std::chrono::system_clock::time_point started_at_;
  Outcome outcome_;
  std::optional<RowCopy> copy_;
  std::string incoming_;
  bool committed_ = false;
};

}  // namespace peo::target
