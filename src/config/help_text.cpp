#include "config/help_text.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/version.hpp"
#include "config/render.hpp"

namespace peo::config {

std::string help_text() {
  return fmt::format(
      R"(paper-engine-orders carries the files of a replicated database from
an S3 bucket into PostgreSQL, in order and each exactly once, and tells
subscribers over NATS what changed.

Usage:
  paper-engine-orders [VERB] [OPTION...]

Verbs:
  run                 run the loader; also without a verb
  check               look at every connection, permission and setting
  plan                what would be loaded next, and what that changes
  status              what is loaded, what waits, how it goes
  verify [ENTITY...]  read the loaded files again, compare with tables
  migrate             make the tables or bring them up to date
  replay KEY...       take a file again, or one that is held
  skip KEY...         leave a file out; takes --reason WHY
  healthcheck         ask the loader on this machine if it is alive
  sample DIR          write a sample bucket into the folder DIR
  infer DIR           draft the SQL of the bucket's tables into DIR
  profile [TABLE...]  what the bucket's files hold: figures and plots
  describe DIR        documents and diagrams of the target's tables
  psql [ARGS...]      open the private PostgreSQL of an empty TARGET
  completion SHELL    what makes bash, zsh or fish complete all this
Each explains itself with --help; those that tell something take
--json, and then tell errors so, too.

Options without a verb:
  --help              this text
  --version           the version
  --print-config      the effective settings and where each came from,
                      secrets masked
  --config-sample     a file of all settings with their defaults,
                      usable as --env-file

Environment variables (empty means not set):
{}
Exit codes:
   0  done, nothing to do, or stopped by a signal
  64  wrong command line
  65  input data refused: a cut gzip, a row too wide
  69  a peer is unavailable for good
  70  internal error
  74  local input or output
  75  a peer is unavailable for now: try again
  77  permission denied by the bucket or by PostgreSQL
  78  wrong configuration; also a missing bucket, a table without a key
)",
      variables_help());
}

std::string sample_help_text() {
  return R"(Usage:
  paper-engine-orders sample DIR [options]

Writes a sample bucket into the folder DIR.

Options, each with a whole number:
  --strategies N   rows of strategies
  --orders N       rows of orders
  --executions N   rows of executions
  --days N         days of change files after the full load
  --seed N         the same seed gives the same files
  --load-files N   files that the full load is split into
)";
}

std::string table_verbs_help_text() {
  return R"(Tables of your own, from the bucket's files to documented copies.
SOURCE, TARGET and ENTITIES say what is read.

Usage:
  paper-engine-orders infer DIR [TABLE...] [--rows N]
      Draft the SQL of each table folder of the bucket (or of the ones
      named) into DIR/NNN_<table>.sql: names, types, nullability and
      key, each with its evidence, and what isn't sure. A file that is
      there is left alone.
      --rows N   rows to look at in each of up to 12 files a table
                 (20000); 0: all rows of all files

  paper-engine-orders profile [TABLE...] [--key COLUMN,...]
                              [--json] [--html FILE] [--rows N]
      Figures of every column, the key, the operations over time, and
      what looks odd. Reads all files.
      --key      the columns of the primary key of the one table that
                 is named; else the likeliest are taken
      --json     JSON instead of text
      --html     writes a page with plots to FILE as well
      --rows N   a sample instead of everything: so many rows of each
                 of up to 12 files a table

  paper-engine-orders describe DIR [--no-examples]
      Document the target's tables into DIR, from PostgreSQL's
      catalogue and comments: data_specification.md,
      data_dictionary.csv, entity_relationship_model and table_diagram
      (.dot, .svg and .png where Graphviz is installed),
      paper-engine.drawio. Relations are declared in comments:
      "References table.column." With an empty TARGET and no private
      database yet, it describes the tables that ENTITIES would make.
      --no-examples   no values from the bucket's files
)";
}

std::string version_text() {
  constexpr const char* revision = PEO_REVISION;  // "" when the build was not told
  return *revision == '\0' ? fmt::format("paper-engine-orders {}\n", version)
                           : fmt::format("paper-engine-orders {} ({})\n", version, revision);
}

}  // namespace peo::config
