#include "tables/infer/infer.hpp"

#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"

namespace peo::cli {

CLI::App* InferCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("infer", R"(draft the SQL of the bucket's tables into DIR

Writes DIR/NNN_<table>.sql for each table in the bucket (or each that
is named): names, types, nullability and key, each with its evidence,
and what isn't certain. Existing files are kept. A file that can't be
read is named in its table's draft, and the others are read.
)");
  app->add_option("DIR", directory, "directory to write to")->required()->option_text(" ");
  app->add_option("TABLE", tables,
                  "table to draft, by its name in the bucket or in\nDIR; all if none is named")
      ->option_text(" ");
  add_number(*app, "--rows", rows,
             "rows to read of each of up to 12 files per\ntable (20000); 0: all rows of all files");
  app->add_option("--names", names,
                  "snake_case (the default), with comments that\nname those of the source; or source: as "
                  "in\nthe bucket, in lower case")
      ->check(CLI::IsMember({"snake_case", "source"}))
      ->option_text("NAMES");
  app->footer("Exit codes: 0 done, 65 a file can't be read, otherwise those of a run.");
  return app;
}

ExitCode InferCommand::run() {
  // It may name the directory to write to, and is not read here. No thread runs yet.
  ::unsetenv("ENTITIES");
  const Context context(LogLevel::AsSet);
  const auto source = make_source(context.settings, context.stop);
  infer::InferOptions options;
  options.directory = directory;
  options.tables = tables;
  options.rows_of_file = rows.value_or(options.rows_of_file);
  options.names = names == "source" ? infer::Names::Source : infer::Names::SnakeCase;
  options.format = context.settings.format_text;
  options.read = survey_settings(context.settings, context.stop);
  const auto inferred = infer::write_drafts(*source, options, context.stop);
  print(infer::report(inferred, options));
  return infer::exit_code_of(inferred);
}

}  // namespace peo::cli
