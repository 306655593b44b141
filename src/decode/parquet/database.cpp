#include "decode/parquet/database.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/sql_template.hpp"
#include "parquet_sql.hpp"

namespace peo::parquet {
namespace {

Error too_old(const duckdb::Api& api, const std::string& what) {
  return Error::configuration(fmt::format("DuckDB {} can't be used: {}", api.library_version(), what),
                              "Use DuckDB 1.2 or later: scripts/install parquet installs one.");
}

}  // namespace

Database::Database(const duckdb::Api& api, std::uint64_t memory_bytes, const std::vector<std::string>& files)
    : api_(api) {
  duckdb::Config config = nullptr;
  if (api_.create_config(&config) != duckdb::Success) throw QueryFailed("out of memory");
  const auto set = [&](const char* name, const std::string& value) {
    if (api_.set_config(config, name, value.c_str()) == duckdb::Success) return;
    api_.destroy_config(&config);
    throw too_old(api_, fmt::format("it lacks the setting {}", name));
  };
  set("threads", "1");  // preserves the order of rows
  set("memory_limit", fmt::format("{}B", memory_bytes));
  set("temp_directory", "");
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  set("allow_persistent_secrets", "false");
  char* error = nullptr;
  const auto opened = api_.open_ext(nullptr, &database_, config, &error);
  api_.destroy_config(&config);
  if (opened != duckdb::Success) {
    const std::string why = error == nullptr ? "can't open a database" : error;
    api_.free(error);
    throw QueryFailed(why);
  }
  try {
    if (api_.connect(database_, &connection_) != duckdb::Success) throw QueryFailed("can't connect");
    std::string paths;
    for (const auto& file : files) paths += (paths.empty() ? "" : ", ") + sql_literal(file);
    try {
      run(sql::time_zone);
    } catch (const QueryFailed&) {  // see the SQL file
    }
    try {
      run(fill(sql::allow_paths, {{"paths", paths}}));
      run(sql::refuse_others);
      run(sql::lock_settings);
    } catch (const QueryFailed& failed) {
      throw too_old(api_, failed.what());
    }
  } catch (...) {
    api_.disconnect(&connection_);
    api_.close(&database_);
    throw;
  }
}

Database::~Database() {
  api_.disconnect(&connection_);
  api_.close(&database_);
}

void Database::run(std::string_view sql) { const Query query(*this, std::string(sql)); }

Query::Query(Database& database, const std::string& sql) : api_(database.api()) {
  const auto prepared = api_.prepare(database.connection(), sql.c_str(), &statement_);
  if (prepared != duckdb::Success) {
    const char* const why = api_.prepare_error(statement_);
    const std::string text = why == nullptr ? "can't prepare the statement" : why;
    api_.destroy_prepare(&statement_);
    throw QueryFailed(text);
  }
  if (api_.execute_prepared_streaming(statement_, &result_) != duckdb::Success) {
    const char* const why = api_.result_error(&result_);
    const std::string text = why == nullptr ? "the statement failed" : why;
    api_.destroy_result(&result_);
    api_.destroy_prepare(&statement_);
    throw QueryFailed(text);
  }
  columns_.resize(api_.column_count(&result_));
}

Query::~Query() {
  if (chunk_ != nullptr) api_.destroy_data_chunk(&chunk_);
  api_.destroy_result(&result_);
  api_.destroy_prepare(&statement_);
}

duckdb::Type Query::type(std::size_t column) { return api_.column_type(&result_, column); }

std::size_t Query::next() {
  if (chunk_ != nullptr) api_.destroy_data_chunk(&chunk_);
  chunk_ = api_.fetch_chunk(result_);
  if (chunk_ == nullptr) {
    if (const char* const why = api_.result_error(&result_); why != nullptr && *why != '\0')
      throw QueryFailed(why);
    return 0;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto* const vector = api_.data_chunk_get_vector(chunk_, i);
    columns_[i] = {static_cast<const duckdb::String*>(api_.vector_get_data(vector)),
                   api_.vector_get_validity(vector)};
  }
  return api_.data_chunk_get_size(chunk_);
}

std::string sql_literal(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

}  // namespace peo::parquet
