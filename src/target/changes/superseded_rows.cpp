#include "target/changes/superseded_rows.hpp"

#include <utility>

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "schema_sql.hpp"
#include "target/changes/unlogged_columns.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {

SupersededRows::SupersededRows(Connection& connection, const Table& table, std::string staging)
    : connection_(connection), table_(table), staging_(std::move(staging)), later_(staging_ + "_newer") {
  connection_.script(fill(sql::create_superseding, {{"staging", staging_}, {"superseding", later_}}));
}

void SupersededRows::add(const decode::ChangeBatch& batch) {
  if (!copy_) {
    // A newer file may have a column that SCHEMA_DRIFT=add once added to the table and that was dropped
    // since. Only the key matters, but the COPY names the file's columns.
    add_to_temporary(connection_, later_, table_.missing_columns(*batch.mapping));
    copy_ = RowCopy::of_keys(connection_, table_.projected(*batch.mapping), later_);
  }
  any_ = true;
  if (batch.unlogged) unlogged_ = true;
  copy_->add(batch);
}

void SupersededRows::end_copy() {
  if (copy_) copy_->end();
  copy_.reset();
}

void SupersededRows::end_delivery() {
  end_copy();
  if (!any_) return;
  any_ = false;
  // Separate statements, not a script: Citus sends the whole text of a SET LOCAL to the workers.
  connection_.query("SET LOCAL enable_hashjoin = on");
  if (std::exchange(unlogged_, false)) {
    supersede_logged(connection_, table_, staging_, later_);
  } else {
    connection_.script(fill(sql::delete_superseded, {{"staging", staging_},
                                                     {"superseding", later_},
                                                     {"same_key", table_.same_source_key("t", "later")}}));
  }
  connection_.query("SET LOCAL enable_hashjoin = off");
}

// A query per newer delivery is cheaper than reading the rest of the newer files in vain.
bool SupersededRows::any_left() {
  return !connection_.query(fill(sql::is_empty, {{"table", staging_}})).boolean(0, 0);
}

}  // namespace peo::target
