// What a table in PostgreSQL should be like for files that were looked at: names, types, nullability and key,
// each with the evidence for it, and with what is not sure. Pure functions.
//
// A proposal leans to the type that refuses nothing: text rather than varchar(n), bigint rather than integer
// for keys. A sample can't show that a column is never NULL or that a number never grows; what hangs on the
// sample alone is said.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/source_names.hpp"
#include "tables/infer/sql_names.hpp"
#include "tables/survey/table_survey.hpp"

namespace peo::infer {

struct ProposedColumn {
  std::string name;                     // as SQL writes it: lower case, quoted where it must be
  std::optional<std::string> source{};  // its name in the files, where the loader doesn't find it by `name`
  std::string type;
  bool not_null = false;
  std::string evidence;                   // "20,000 of 20,000 integers, -3 to 512; 40 distinct; no NULL"
  std::optional<std::string> doubt;       // a sentence
  std::optional<std::string> references;  // "strategies.strategy_id"
};

struct ProposedTable {
  std::string name;                     // as SQL writes it
  std::string plain_name{};             // without quotes
  SourceTable location{};               // of its files
  std::optional<SourceTable> source{};  // as of a column
  std::vector<ProposedColumn> columns;
  std::vector<std::string> key;  // columns as SQL writes them; none when nothing tells rows apart
  std::string key_evidence;
  std::string key_sureness{};  // "sure", "likely", "a guess"; empty: there is no key
  std::vector<std::string> doubts;
};

// SnakeCase: CustomerUID is customer_uid; Source: customeruid, which needs no comment.
enum class Names { SnakeCase, Source };

// `taken`: names of tables, to which it adds.
ProposedTable propose(const survey::TableSurvey& survey, Names names, std::set<std::string>& taken);

// Relations that names suggest: a column that is called like another table's key of one column. Only where
// files have headers.
void propose_relations(std::vector<ProposedTable>& tables);

}  // namespace peo::infer
