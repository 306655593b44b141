// The Session of a dry run: loads run in it as they do for real, by the same statements, and nothing is kept.
//
// It is one REPEATABLE READ transaction that only reads the entities, writes to temporary tables, and is
// rolled back at the end. Each table that a delivery concerns has an overlay of the same name. Rows of the
// table are copied into it when a delivery first touches their key, or a unique value of theirs, so later
// deliveries see the planned effects of earlier ones. The loader's own tables are temporary, too. It takes no
// lock that a running loader would notice, and tables that don't exist yet count as empty ones with the
// columns defined in their SQL. The effects of foreign keys and triggers are not predicted;
// planned_changes() names the tables that have some. One thread.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "target/dry_run/planned_changes.hpp"
#include "target/schema/migrations.hpp"
#include "target/schema/unique_values.hpp"
#include "target/session.hpp"

namespace peo::target {

class DryRunSession final : public Session {
 public:
  // `Empty`: as if every table were empty, so that what is planned of all files is what a table must hold.
  enum class Tables { AsTheyAre, Empty };
  DryRunSession(TargetOptions options, const Cancellation& stop, Tables tables)
      : Session(std::move(options), stop), tables_as_(tables) {}

  // Connects and begins, with nothing planned yet.
  void open(const std::vector<Migration>& migrations);

  // From the next open() on, on Citus: the rows of this table are copied before the snapshot
  // (verify_copy.sql), and the ledger ends where they are complete. For verify; empty: none.
  void copy_first(const std::string& table) { copy_first_ = table; }
  bool has_copy() const { return has_copy_; }

  const PlannedChanges& planned_changes() const { return planned_changes_; }

  struct Overlay {
    Table base;             // the table itself
    std::string touched{};  // the table of keys that were copied to the overlay; empty: nothing to copy
    std::vector<UniqueValues> unique{};
    std::set<std::string> carried{};  // columns that the files carried so far
  };
  const Overlay& overlay(const std::string& table) const { return overlays_.at(table); }

  std::string own(const char* table) const override { return std::string("pg_temp.") + table; }
  LedgerTables ledger() const override { return {"pg_temp.known_deliveries", "pg_temp.known_entities"}; }
  bool persists() const override { return false; }
  // verify reads files again whose rows were rejected in other deliveries than the fictitious one here.
  bool logs_rejected_rows() const override { return tables_as_ != Tables::Empty; }
  void begin(const std::vector<std::string>& staging) override;
  void commit() override;
  void rollback() noexcept override;
  void prepare_table(const std::string& table) override;
  void prepare_rows(const Table& projected, const std::string& staging, DeliveryKind kind) override;
  void prepare_all_rows(const Table& table) override;
  std::uint64_t count_rows(const Table& table) override;
  void check_new_columns(const Table& table, const std::vector<std::string>& names) override;
  void loaded(const Delivery& delivery, const Outcome& outcome) override;

 private:
  void copy_table();
  Overlay create_overlay(Table& table);
  void touch(const Table& table, const std::string& keys);

  Tables tables_as_;
  std::string copy_first_;
  bool has_copy_ = false;
  std::map<std::string, Overlay> overlays_;
  PlannedChanges planned_changes_;
};

}  // namespace peo::target
