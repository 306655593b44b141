// The types of the columns that SCHEMA_DRIFT=add adds: what the delivery's files say of them (Parquet); else
// by the values of the delivery that they are added for, all of them, so that none of its own is refused.
//
// By values, only types that hold what a column of the source may come to hold later without a loss: numeric
// (without precision, for decimals and floats), timestamp (dates too) and boolean (true and false alone);
// text for everything else and where there is no value. Integers stay text: codes look the same until one
// begins with a zero, which bigint and numeric would drop. A later value that doesn't fit is a bad row, whose
// error names the ALTER (wider_type.hpp). Memory: a few bytes per column. Plain values; one thread.
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
  bool is_known(const std::string& name) const;  // there was a value, or a file's word
  // As SQL writes the type.
  std::vector<NewColumn> columns() const;

  friend bool operator==(const NewColumnTypes&, const NewColumnTypes&) = default;

 private:
  struct Candidates {
    std::uint8_t types = 0xFF;  // a bit for each type that all values have fitted
    bool any_value = false;
    bool by_values = false;  // some file doesn't say the type, or they say different ones
    std::string declared{};  // by the files
    void declare(const std::string& type);
    friend bool operator==(const Candidates&, const Candidates&) = default;
  };
  static std::string type_of(const Candidates& column);

  std::vector<std::string> names_;
  std::map<std::string, Candidates> candidates_;
};

}  // namespace peo::target
