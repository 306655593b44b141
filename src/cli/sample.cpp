#include "sample/sample.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/file_format.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "decode/parquet/duckdb_library.hpp"

namespace peo::cli {

CLI::App* SampleCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("sample", "write a sample bucket to the directory DIR\n");
  app->add_option("DIR", directory, "directory to write to")->required()->option_text(" ");
  add_number(*app, "--strategies", strategies, "rows of strategies");
  add_number(*app, "--orders", orders, "rows of orders");
  add_number(*app, "--executions", executions, "rows of executions");
  add_number(*app, "--days", days, "days of change files after the full load");
  add_number(*app, "--seed", seed, "seed of the random data (same seed, same files)");
  add_number(*app, "--load-files", load_files, "number of files to split the full load into");
  app->add_option("--format", format, "csv, or parquet (needs DUCKDB_LIBRARY)")
      ->check(CLI::IsMember({"csv", "parquet"}))
      ->option_text("F");
  return app;
}

ExitCode SampleCommand::run() {
  sample::SampleOptions options;
  const auto take = [](auto& option, const auto& given) { option = given.value_or(option); };
  take(options.strategies, strategies);
  take(options.orders, orders);
  take(options.executions, executions);
  take(options.days, days);
  take(options.seed, seed);
  take(options.load_files, load_files);
  if (format == "parquet") {
    const char* const setting = std::getenv("DUCKDB_LIBRARY");
    const std::filesystem::path path = setting == nullptr ? "" : setting;
    options.duckdb_library = parquet::find_duckdb(path);
    if (options.duckdb_library.empty())
      throw Error::configuration(parquet::missing_duckdb(path), no_parquet_hint);
  }
  const auto summary = sample::write_sample(options, directory);
  print(fmt::format("{} {}: {} files, {} rows, {:.1f} MB. To load it: SOURCE=\"bucket_path={}\"\n",
                    summary.already_there ? "There is already a sample in" : "Wrote a sample to",
                    directory.string(), summary.files, summary.rows, static_cast<double>(summary.bytes) / 1e6,
                    directory.string()));
  return ExitCode::Done;
}

}  // namespace peo::cli
