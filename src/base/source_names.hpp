// The names of tables and columns at the source, as declared in their comments in PostgreSQL:
//   COMMENT ON TABLE order_lines IS 'Lines of an order. Source table: WebShop.OrderLines.';
//   COMMENT ON COLUMN order_lines.unit_price IS 'Source column: UnitPrice.';
// A column that was renamed at the source has one sentence per name. The schema is optional. A name ends at a
// period that is followed by a space or the end of the text; in double quotes it may contain any character:
// Source table: "Web.Shop"."Order. Lines". Pure functions.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace peo {

struct SourceTable {
  std::string schema;  // empty: any
  std::string table;
  std::string text() const { return schema.empty() ? table : schema + "." + table; }
  friend bool operator==(const SourceTable&, const SourceTable&) = default;
};
using SourceTables = std::map<std::string, SourceTable>;  // by table in the target

// Nothing when the comment doesn't contain "Source table:" or "Source column:"; an empty name when no name
// follows.
std::optional<SourceTable> source_table(std::string_view comment);
std::vector<std::string> source_columns(std::string_view comment);

// The sentences that declare the names, with quotes where needed.
std::string source_table_sentence(const SourceTable& source);
std::string source_column_sentence(std::string_view name);

// The comment without these sentences.
std::string without_source_names(std::string_view comment);

// Maps source tables to tables of the target: to the one whose comment names its schema and name, else the
// one whose comment names it without a schema, else the one without such a comment that has the same name.
// All ignoring case (ASCII).
class TableNames {
 public:
  TableNames() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): tables without comments
  TableNames(std::vector<std::string> tables, SourceTables sources = {});

  // Null: none.
  const std::string* find(std::string_view schema, std::string_view table) const;
  const std::vector<std::string>& tables() const { return tables_; }
  const SourceTable* source_of(const std::string& table) const;
  // The tables that a person means by a name: that in the target, "orders", or that at the source, "Orders"
  // or "dbo.Orders". Ignoring case.
  std::vector<std::string> named(std::string_view name) const;

 private:
  std::vector<std::string> tables_;
  SourceTables sources_;
  std::map<std::pair<std::string, std::string>, std::string> declared_;  // by schema and name
  std::map<std::string, std::string> by_name_;
};

// Whether a person means the source's table by the name: "Orders" or "dbo.Orders". Ignoring case.
bool is_named(const SourceTable& source, std::string_view name);

// For a command: Fatal (64), with the name that was probably meant and the known ones. `where`: "in the
// target".
Error unknown_table(const std::string& name, const std::string& where, const std::vector<std::string>& known);

}  // namespace peo
