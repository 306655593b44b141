#include "tables/infer/infer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>

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
struct PresentFiles {
  unsigned highest = 0;
  std::vector<std::pair<std::string, fs::path>> tables;
};

PresentFiles look_into(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  PresentFiles present;
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

// A word for a POSIX shell.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=,").find(c) != std::string_view::npos;
  };
  auto shown = printable_line(text);
  if (!shown.empty() && std::ranges::all_of(shown, plain)) return shown;
  std::string quoted = "'";
  for (const char c : shown) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string next_commands(const InferOptions& options) {
  return fmt::format(
      "export ENTITIES={}\npaper-engine-orders check\nRUN_AS_SERVICE=False paper-engine-orders run\n"
      "paper-engine-orders verify\n",
      shell_word(options.folder.string()));
}

constexpr std::string_view readme_mark =
    "<!-- Written by paper-engine-orders infer, which overwrites it. -->";

void write_readme(const Inferred& inferred, const InferOptions& options) {
  const auto file = options.folder / "README.md";
  std::string first;
  if (std::ifstream present(file); present && std::getline(present, first) && first != readme_mark) return;
  write(file,
        fmt::format("{}\n# Drafts of tables\n\nRead the SQL files and correct what is marked with \"?\". "
                    "Then:\n\n```\n{}```\n",
                    readme_mark,
                    (inferred.format.empty() ? "" : "export FORMAT=" + shell_word(inferred.format) + "\n") +
                        next_commands(options)));
}

// What the files of all tables have in common.
class Agreement {
 public:
  void add(const survey::TableSurvey& survey) {
    if (survey.load_rows + survey.changes.all() == 0) return;
    headers_.insert(survey.shape.header);
    if (!survey.shape.header) without_header_.push_back(survey.folder.table);
    if (survey.files.loads.count != 0) in_loads_.insert(survey.shape.operation_in_loads);
    if (survey.files.changes.count != 0) in_changes_.insert(survey.shape.operation_in_changes);
  }

  std::vector<std::string> without_header() const {
    return headers_.size() == 2 ? without_header_ : std::vector<std::string>();
  }

  // FORMAT: as it was given, with what was seen of what it leaves open.
  std::string format(const std::string& given, const FileFormat& read) const {
    auto text = given;
    const auto add = [&](const char* word) { text += (text.empty() ? "" : " ") + std::string(word); };
    if (!read.header && headers_.size() == 1) add(headers_.contains(true) ? "header=yes" : "header=no");
    if (read.operation == Present::Auto && in_loads_.size() == 1 && in_changes_.size() == 1) {
      const bool loads = in_loads_.contains(true);
      const bool changes = in_changes_.contains(true);
      // Only full loads with Op: no setting of AWS DMS writes that.
      if (changes) add(loads ? "op=always" : "op=changes");
      if (!changes && !loads) add("op=never");
    }
    return text;
  }

 private:
  std::set<bool> headers_, in_loads_, in_changes_;
  std::vector<std::string> without_header_;
};

}  // namespace

Inferred write_drafts(source::Source& source, const InferOptions& options, const Cancellation& stop) {
  const auto folders = survey::find_some_folders(source, options.tables);
  auto present = look_into(options.folder);
  Inferred inferred{.drafts = {}, .transactions = folders.transactions, .format = {}};
  auto& drafts = inferred.drafts;
  std::vector<ProposedTable> tables;
  std::vector<std::string> origins;
  std::set<std::string> taken;
  Agreement agreement;
  for (const auto& folder : folders.tables) {
    auto& draft = drafts.emplace_back(Drafted{.table = folder.table, .file = {}});
    survey::SurveyOptions look;
    look.rows_of_file = options.rows_of_file;
    look.read = options.read;
    const auto survey = survey::survey_table(source, folder, look, stop);
    agreement.add(survey);
    tables.push_back(propose(survey, options.names, taken));
    const auto stem = file_stem(tables.back().plain_name);
    const auto there = std::find_if(present.tables.begin(), present.tables.end(),
                                    [&](const auto& known) { return known.first == stem; });
    draft.was_there = there != present.tables.end();
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
  // Of two tables with one name, the one that is called so is found by its schema too: nothing depends on the
  // other's comment.
  for (auto& table : tables) {
    const auto is_twin = [&](const ProposedTable& other) {
      return &other != &table && other.source && same_name(other.source->table, table.folder.table);
    };
    if (!table.source && std::ranges::any_of(tables, is_twin)) table.source = table.folder;
  }
  propose_relations(tables);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    auto& draft = drafts[i];
    draft.columns = tables[i].columns.size();
    draft.key = fmt::format("{}", fmt::join(tables[i].key, ", "));
    draft.key_sureness = tables[i].key_sureness;
    draft.doubts = tables[i].doubts.size();
    for (const auto& column : tables[i].columns) draft.doubts += column.doubt || column.references ? 1U : 0U;
    if (!draft.was_there && draft.columns != 0) write(draft.file, draft_sql(tables[i], origins[i]));
  }
  inferred.format = agreement.format(options.format, options.read.format);
  inferred.without_header = agreement.without_header();
  write_readme(inferred, options);
  return inferred;
}

namespace {

std::string why_nothing(const Drafted& draft) {
  if (draft.files != 0) return "the files have no rows";
  if (draft.other_objects == 0) return "the prefix is empty";
  return fmt::format(
      "the prefix has no full load (LOAD00000001.csv.gz) and no changes (20240131-101500000.csv.gz), "
      "but {} with other names or types",
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
      text +=
          fmt::format("{}: skipped, {} already exists\n", printable_line(draft.table), draft.file.string());
    } else {
      text +=
          fmt::format("{}: {} ({} from {}; {}; {})\n", printable_line(draft.table), draft.file.string(),
                      counted(draft.columns, "column"), counted(draft.rows, "row"),
                      draft.key.empty() ? "no key" : fmt::format("key {}: {}", draft.key, draft.key_sureness),
                      draft.doubts == 0   ? "nothing to check"
                      : draft.doubts == 1 ? "1 point to check"
                                          : fmt::format("{} points to check", draft.doubts));
      keyless = keyless || draft.key.empty();
    }
  }
  for (const auto& folder : inferred.transactions)
    text += folder + ": skipped, it has transaction files, which contain changes of all tables\n";
  if (keyless) text += "A table without a key can't be loaded: name the key columns in its file.\n";
  if (!inferred.without_header.empty())
    text += fmt::format(
        "A task of AWS DMS writes a header to all files or to none. None was recognized in those of {}, "
        "unlike "
        "the others. If they have one, remove these drafts and run infer again with FORMAT=header=yes.\n",
        printable_line(fmt::format("{}", fmt::join(inferred.without_header, ", "))));
  text += "Read the files, correct them, then:\n" + next_commands(options);
  // Last, where it is seen: with another FORMAT the files are read otherwise.
  if (!inferred.format.empty()) text += "with FORMAT=" + shell_word(inferred.format) + "\n";
  return text;
}

}  // namespace peo::infer
