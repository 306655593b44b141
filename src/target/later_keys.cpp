#include "target/later_keys.hpp"

#include <utility>

#include "target/new_columns.hpp"
#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

namespace peo::target {

LaterKeys::LaterKeys(Connection& connection, const Table& table, std::string incoming)
    : connection_(connection), table_(table), incoming_(std::move(incoming)), later_(incoming_ + "_later") {
  connection_.script(fill(sql::create_later, {{"incoming", incoming_}, {"later", later_}}));
}

void LaterKeys::add(const decode::ChangeBatch& batch) {
  if (!copy_) {
    // One that the table has got and lost since.
    add_to_temporary(connection_, later_, table_.lacks(*batch.mapping));
    copy_ = RowCopy::of_keys(connection_, table_.as_carried(*batch.mapping), later_);
  }
  any_ = true;
  copy_->add(batch);
}

void LaterKeys::end_copy() {
  if (copy_) copy_->end();
  copy_.reset();
}

void LaterKeys::end_delivery() {
  end_copy();
  if (!any_) return;
  any_ = false;
  connection_.script(
      fill(sql::take_out_later,
           {{"incoming", incoming_}, {"later", later_}, {"same_key", table_.same_key("t", "later")}}));
}

bool LaterKeys::any_left() {
  return !connection_.query(fill(sql::is_empty, {{"table", incoming_}})).boolean(0, 0);
}

}  // namespace peo::target
