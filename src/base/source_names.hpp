// The names that tables and columns have at the source, where their comments in PostgreSQL's catalogue
// declare them:
//   COMMENT ON TABLE order_lines IS 'Lines of an order. Source table: WebShop.OrderLines.';
//   COMMENT ON COLUMN order_lines.unit_price IS 'Source column: UnitPrice.';
// A column that was renamed at the source has a sentence for each of its names. The schema may be left out. A
// name ends at a period that a space or the end of the text follows; in double quotes it may hold any
// character: Source table: "Web.Shop"."Order. Lines". Pure functions.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peo {

struct SourceTable {
  std::string schema;  // empty: any
  std::string table;
  std::string text() const { return schema.empty() ? table : schema + "." + table; }
  friend bool operator==(const SourceTable&, const SourceTable&) = default;
};
using SourceTables = std::map<std::string, SourceTable>;  // by table in the target

// Nothing when the comment doesn't have the words "Source table:" or "Source column:"; an empty name when no
// name follows them.
std::optional<SourceTable> source_table(std::string_view comment);
std::vector<std::string> source_columns(std::string_view comment);

// The sentences that declare the names, with quotes where they need them.
std::string source_table_sentence(const SourceTable& source);
std::string source_column_sentence(std::string_view name);

// The comment without these sentences.
std::string without_source_names(std::string_view comment);

// Which table of the target has the rows of a table of the source: one whose comment names its schema and
// its name, else one whose comment names it, else one without such a comment that is called so. All without
// regard to case (ASCII).
class TableNames {
 public:
  TableNames() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): tables without comments
  TableNames(std::vector<std::string> tables, SourceTables sources = {});

  // Null: none.
  const std::string* find(std::string_view schema, std::string_view table) const;
  const std::vector<std::string>& tables() const { return tables_; }
  const SourceTable* source_of(const std::string& table) const;

 private:
  std::vector<std::string> tables_;
  SourceTables sources_;
  std::map<std::pair<std::string, std::string>, std::string> declared_;  // by schema and name
  std::map<std::string, std::string> by_name_;
};

}  // namespace peo
