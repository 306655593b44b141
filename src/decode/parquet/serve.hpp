// The process that reads Parquet files with DuckDB, separated from the loader: a hostile file can at worst
// crash this process, which has no secrets, no connections and limited memory.
//
// The loader starts it as `paper-engine-orders read-parquet LIBRARY MEMORY_BYTES`, with the file descriptors
// in frames.hpp. For each request it converts the file to CSV with a header (csv_rows.hpp) and sends that. It
// ends together with the loader.
#pragma once

namespace peo::parquet {

bool is_serve_command(int argc, char** argv);
int serve(int argc, char** argv);  // the process's exit status

}  // namespace peo::parquet
