#include "tables/infer/infer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "tables/infer/proposed_table.hpp"
#include "tables/infer/sql_draft.hpp"
#include "tables/survey/grouped.hpp"
#include "tables/survey/table_survey.hpp"

namespace peo::infer {
namespace {

namespace fs = std::filesystem;
using survey::counted;

// What the folder holds: the highest number, and which tables have a file ("007_orders.sql").
struct Present {
  unsigned highest = 0;
  std::vector<std::pair<std::string, fs::path>> tables;
};

Present look_into(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  Present present;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() != ".sql") continue;
    const auto stem = entry.path().stem().string();
    unsigned number = 0;
    const auto* const end = std::from_chars(stem.data(), stem.data() + stem.size(), number).ptr;
    present.highest = std::max(present.highest, number);
    auto name = stem.substr(static_cast<std::size_t>(end - stem.data()));
    if (name.starts_with('_')) name.erase(0, 1);
    present.tables.emplace_back(lower_case(name), entry.path());
  }
  if (failed)
    throw Error::local_io(fmt::format("can't use the folder {}: {}", folder.string(), failed.message()));
  return present;
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw Error::local_io(fmt::format("can't write {}", file.string()));
}

std::string seen(const survey::TableSurvey& survey, const source::Source& source) {
  const auto rows = survey.load_rows + survey.changes.all();
  return fmt::format(
      "{} in {} of {} of {} ({} of full load, {} of changes)", counted(rows, "row"), survey.files_read,
      counted(survey.files.loads.count + survey.files.changes.count, "file"),
      source.full_key(survey.folder.prefix()), survey.files.loads.count, survey.files.changes.count);
}

// A file's name holds no more than a plain table name does.
std::string file_stem(const std::string& table) {
  auto stem = lower_case(table);
  std::replace_if(
      stem.begin(), stem.end(),
      [](unsigned char c) { return c < 0x80 && std::isalnum(c) == 0 && c != '_' && c != '-'; }, '_');
  return stem;
}

}  // namespace

Inferred write_drafts(source::Source& source, const InferOptions& options, const Cancellation& stop) {
  const auto folders = survey::find_some_folders(source, options.tables);
  auto present = look_into(options.folder);
  Inferred inferred{.drafts = {}, .twins = {}, .transactions = folders.transactions};
  auto& drafts = inferred.drafts;
  std::vector<ProposedTable> tables;
  std::vector<std::string> origins;
  for (const auto& folder : folders.tables) {
    const auto twin = std::find_if(drafts.begin(), drafts.end(), [&](const auto& draft) {
      return same_name(truncated_identifier(draft.table), truncated_identifier(folder.table));
    });
    if (twin != drafts.end()) {
      inferred.twins.push_back(folder.prefix());
      continue;
    }
    auto& draft = drafts.emplace_back(Drafted{.table = folder.table, .file = {}});
    const auto stem = file_stem(folder.table);
    const auto there = std::find_if(present.tables.begin(), present.tables.end(),
                                    [&](const auto& known) { return known.first == stem; });
    draft.was_there = there != present.tables.end();
    survey::SurveyOptions look;
    look.rows_of_file = options.rows_of_file;
    look.read = options.read;
    const auto survey = survey::survey_table(source, folder, look, stop);
    tables.push_back(propose(survey));
    origins.push_back(seen(survey, source));
    draft.rows = survey.load_rows + survey.changes.all();
    draft.files = survey.files.loads.count + survey.files.changes.count;
    draft.other_objects = survey.files.unknown;
    if (draft.was_there) {
      draft.file = there->second;
    } else if (!tables.back().columns.empty()) {
      draft.file = options.folder / fmt::format("{:03}_{}.sql", ++present.highest, stem);
    }
  }
  propose_relations(tables);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    auto& draft = drafts[i];
    draft.columns = tables[i].columns.size();
    draft.has_key = !tables[i].key.empty();
    draft.doubts = tables[i].doubts.size();
    for (const auto& column : tables[i].columns) draft.doubts += column.doubt || column.references ? 1U : 0U;
    if (!draft.was_there && draft.columns != 0) write(draft.file, draft_sql(tables[i], origins[i]));
  }
  return inferred;
}

namespace {

std::string why_nothing(const Drafted& draft) {
  if (draft.files != 0) return "no file holds a row";
  if (draft.other_objects == 0) return "an empty folder";
  return fmt::format(
      "no full load (LOAD00000001.csv.gz) and no changes (20240131-101500000.csv.gz) in it, "
      "but {} of other names or kinds",
      counted(draft.other_objects, "object"));
}

}  // namespace

std::string report(const Inferred& inferred, const InferOptions& options) {
  std::string text;
  bool keyless = false;
  for (const auto& draft : inferred.drafts) {
    if (draft.columns == 0) {
      text += fmt::format("{}: {}; nothing written\n", printable_line(draft.table), why_nothing(draft));
    } else if (draft.was_there) {
      text += fmt::format("{}: left alone, {} is there already\n", printable_line(draft.table),
                          draft.file.string());
    } else {
      text += fmt::format("{}: {} ({} from {}; {})\n", printable_line(draft.table), draft.file.string(),
                          counted(draft.columns, "column"), counted(draft.rows, "row"),
                          draft.doubts == 0   ? "nothing unsure"
                          : draft.doubts == 1 ? "1 thing to look at"
                                              : fmt::format("{} things to look at", draft.doubts));
      keyless = keyless || !draft.has_key;
    }
  }
  for (const auto& folder : inferred.twins)
    text += printable_line(folder) +
            ": another folder has a table of this name, and the loader takes one alone; not looked at. "
            "Keep one of them in the bucket\n";
  for (const auto& folder : inferred.transactions)
    text += folder + ": transaction files, which hold changes of all tables; not looked at\n";
  if (keyless) text += "A table without a key can't be loaded: say in its file which columns are the key.\n";
  return text + fmt::format("Read the files, mend them, then: ENTITIES={} paper-engine-orders run\n",
                            options.folder.string());
}

}  // namespace peo::infer
