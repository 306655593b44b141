// DuckDB's shared library, used through its C API, which is stable across versions. It is loaded at run time,
// so DuckDB is needed neither to build the loader nor to run it without Parquet files.
//
// Declares only the functions that are used here, under our own names; their documentation:
// https://duckdb.org/docs/stable/clients/c/api. `load` throws Fatal (78) when the file is not a DuckDB
// library.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace peo::parquet {

// Searches for the library at `setting` (DUCKDB_LIBRARY), or if that is empty in the default directories.
// Empty when it isn't found. Loads nothing.
std::string find_duckdb(const std::filesystem::path& setting);
// "there is no DuckDB library at /opt/libduckdb.so"; the hint for it is no_parquet_hint.
std::string missing_duckdb(const std::filesystem::path& setting);

namespace duckdb {

using Database = void*;
using Connection = void*;
using Config = void*;
using Statement = void*;
using Chunk = void*;
using Vector = void*;
enum State : int { Success = 0 };

// Column types: duckdb_type. Only those with an equivalent in PostgreSQL.
enum Type : int {
  Boolean = 1,
  TinyInt = 2,
  SmallInt = 3,
  Integer = 4,
  BigInt = 5,
  UTinyInt = 6,
  USmallInt = 7,
  UInteger = 8,
  UBigInt = 9,
  Float = 10,
  Double = 11,
  Timestamp = 12,
  Date = 13,
  Time = 14,
  Interval = 15,
  HugeInt = 16,
  Varchar = 17,
  Blob = 18,
  Decimal = 19,
  TimestampS = 20,
  TimestampMs = 21,
  TimestampNs = 22,
  Enum = 23,
  Uuid = 27,
  TimeTz = 30,
  TimestampTz = 31,
  UHugeInt = 32,
  SqlNull = 36,
  TimeNs = 39,
};

struct Result {  // passed by value and by address; its contents belong to DuckDB
  std::uint64_t deprecated[3];
  void* columns;
  char* message;
  void* data;
};

struct String {  // up to 12 bytes inline, from `prefix` on, otherwise by address
  std::uint32_t length;
  char prefix[4];
  const char* data;
  const char* begin() const { return length <= sizeof prefix + sizeof data ? prefix : data; }
};
static_assert(sizeof(String) == 16 && sizeof(Result) == 48);

struct Api {
  const char* (*library_version)();
  State (*open_ext)(const char* path, Database*, Config, char** error);
  void (*close)(Database*);
  State (*connect)(Database, Connection*);
  void (*disconnect)(Connection*);
  State (*create_config)(Config*);
  State (*set_config)(Config, const char* name, const char* value);
  void (*destroy_config)(Config*);
  State (*prepare)(Connection, const char* sql, Statement*);
  const char* (*prepare_error)(Statement);
  State (*execute_prepared_streaming)(Statement, Result*);
  void (*destroy_prepare)(Statement*);
  const char* (*result_error)(Result*);
  void (*destroy_result)(Result*);
  std::uint64_t (*column_count)(Result*);
  Type (*column_type)(Result*, std::uint64_t column);
  Chunk (*fetch_chunk)(Result);
  void (*destroy_data_chunk)(Chunk*);
  std::uint64_t (*data_chunk_get_size)(Chunk);
  Vector (*data_chunk_get_vector)(Chunk, std::uint64_t column);
  void* (*vector_get_data)(Vector);
  std::uint64_t* (*vector_get_validity)(Vector);
  void (*free)(void*);

  // The library stays loaded until the process ends.
  static const Api& load(const std::string& path);
};

}  // namespace duckdb
}  // namespace peo::parquet
