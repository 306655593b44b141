#include "decode/parquet/duckdb_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/error.hpp"
#include "base/file_format.hpp"

namespace peo::parquet {
namespace {

constexpr std::array usual_places = {
    "/usr/local/lib/libduckdb.so",
    "/usr/lib/x86_64-linux-gnu/libduckdb.so",
    "/usr/lib/aarch64-linux-gnu/libduckdb.so",
    "/usr/lib/libduckdb.so",
};

bool is_readable(const char* path) { return ::access(path, R_OK) == 0; }

template <typename Function>
void find(void* library, const std::string& path, const char* name, Function& function) {
  const auto symbol = std::string("duckdb_") + name;
  function = reinterpret_cast<Function>(::dlsym(library, symbol.c_str()));
  if (function == nullptr)
    throw Error::configuration(fmt::format("{} lacks the function {} of DuckDB's C API", path, symbol),
                               "Use DuckDB 1.2 or later: scripts/install parquet installs one.");
}

duckdb::Api read_functions(void* library, const std::string& path) {
  duckdb::Api api{};
#define PEO_FIND(name) find(library, path, #name, api.name)
  PEO_FIND(library_version);
  PEO_FIND(open_ext);
  PEO_FIND(close);
  PEO_FIND(connect);
  PEO_FIND(disconnect);
  PEO_FIND(create_config);
  PEO_FIND(set_config);
  PEO_FIND(destroy_config);
  PEO_FIND(prepare);
  PEO_FIND(prepare_error);
  PEO_FIND(execute_prepared_streaming);
  PEO_FIND(destroy_prepare);
  PEO_FIND(result_error);
  PEO_FIND(destroy_result);
  PEO_FIND(column_count);
  PEO_FIND(column_type);
  PEO_FIND(fetch_chunk);
  PEO_FIND(destroy_data_chunk);
  PEO_FIND(data_chunk_get_size);
  PEO_FIND(data_chunk_get_vector);
  PEO_FIND(vector_get_data);
  PEO_FIND(vector_get_validity);
  PEO_FIND(free);
#undef PEO_FIND
  return api;
}

}  // namespace

std::string find_duckdb(const std::filesystem::path& setting) {
  if (!setting.empty()) return is_readable(setting.c_str()) ? setting.string() : "";
  for (const char* const path : usual_places) {
    if (is_readable(path)) return path;
  }
  return {};
}

std::string missing_duckdb(const std::filesystem::path& setting) {
  return "there is no DuckDB library" + (setting.empty() ? "" : " at " + setting.string());
}

namespace duckdb {

const Api& Api::load(const std::string& path) {
  static const Api api = [&] {
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
      throw Error::configuration(fmt::format("can't load DuckDB's library: {}", ::dlerror()),
                                 no_parquet_hint);
    return read_functions(library, path);
  }();
  return api;
}

}  // namespace duckdb
}  // namespace peo::parquet
