// The types of the columns that SCHEMA_DRIFT=add adds: those that the delivery's files specify (Parquet),
// otherwise types that fit all values of the delivery, so that none of its own is refused.
//
// From values, only types are chosen that can also hold later values of the source without loss: numeric
// (without precision, for decimals and floats), timestamp (also for dates) and boolean (only for true and
// false); text for everything else, and if there is no value. Integers become text: codes look like integers
// until one begins with a zero, which bigint and numeric would drop. A later value that doesn't fit is a bad
// row, whose error has the ALTER (wider_type.hpp). Memory: a few bytes per column. Plain values; one thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/table_columns.hpp"
#include "decode/change.hpp"

namespace peo::target {

class NewColumnTypes {
 public:
  explicit NewColumnTypes(const std::vector<std::string>& names);

  bool any() const { return !candidates_.empty(); }
  // Fields of deletes aren't read.
  void add(const decode::ChangeBatch& batch);
  bool is_known(const std::string& name) const;  // from a value or a file's type
  // As SQL writes the type.
  std::vector<NewColumn> columns() const;

  friend bool operator==(const NewColumnTypes&, const NewColumnTypes&) = default;

 private:
  struct Candidates {
    std::uint8_t types = 0xFF;  // a bit for each type that all values have fitted
    bool any_value = false;
    bool by_values = false;  // a file doesn't specify the type, or files specify different ones
    std::string declared{};  // by the files
    void declare(const std::string& type);
    friend bool operator==(const Candidates&, const Candidates&) = default;
  };
  static std::string type_of(const Candidates& column);

  std::vector<std::string> names_;
  std::map<std::string, Candidates> candidates_;
};

}  // namespace peo::target
