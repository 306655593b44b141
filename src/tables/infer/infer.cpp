#include "tables/infer/infer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/file_error.hpp"
#include "base/identifiers.hpp"
#include "tables/infer/present_drafts.hpp"
#include "tables/infer/proposed_table.hpp"
#include "tables/infer/sql_draft.hpp"
#include "tables/survey/grouped.hpp"
#include "tables/survey/table_survey.hpp"

namespace peo::infer {
namespace {

namespace fs = std::filesystem;
using survey::counted;

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
      source.full_key(survey.location.prefix()), survey.files.loads.count, survey.files.changes.count);
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
      "export ENTITIES={}\npaper-engine-orders check\npaper-engine-orders run --once\n"
      "paper-engine-orders verify\n",
      shell_word(options.directory.string()));
}

std::string export_format(const Inferred& inferred) {
  return "export FORMAT=" + shell_word(inferred.format) + "\n";
}

constexpr std::string_view readme_mark =
    "<!-- Written by paper-engine-orders infer, which overwrites it. -->";

void write_readme(const Inferred& inferred, const InferOptions& options) {
  const auto file = options.directory / "README.md";
  std::string first;
  if (std::ifstream present(file); present && std::getline(present, first) && first != readme_mark) return;
  write(file, fmt::format("{}\n# Drafts of tables\n\nRead the SQL files and correct what they mark as a "
                          "guess or to be checked. "
                          "Then:\n\n```\n{}```\n",
                          readme_mark,
                          (inferred.format.empty() ? "" : export_format(inferred)) + next_commands(options)));
}

// Without settings that leave open what is now known: FORMAT may have each of them only once.
std::string without_auto(std::string format) {
  for (const std::string_view word : {"header=auto", "op=auto"}) {
    const auto begin = (" " + lower_case(format) + " ").find(" " + std::string(word) + " ");
    if (begin != std::string::npos) format.erase(begin, word.size() + 1);
  }
  if (format.ends_with(' ')) format.pop_back();
  return format;
}

// What the files of all tables have in common.
class Agreement {
 public:
  void add(const survey::TableSurvey& survey) {
    if (survey.load_rows + survey.changes.all() == 0) return;
    headers_.insert(survey.shape.header);
    if (!survey.shape.header) without_header_.push_back(survey.location.table);
    if (survey.files.loads.count != 0) in_loads_.insert(survey.shape.operation_in_loads);
    if (survey.files.changes.count != 0) in_changes_.insert(survey.shape.operation_in_changes);
  }

  std::vector<std::string> without_header() const {
    return headers_.size() == 2 ? without_header_ : std::vector<std::string>();
  }

  // FORMAT: as it was given, with what was seen of what it leaves open.
  std::string format(const std::string& given, const FileFormat& read) const {
    auto text = without_auto(given);
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

namespace {

// The drafts of all tables, kept until they are written because relations connect them.
class Drafts {
 public:
  Drafts(source::Source& source, const InferOptions& options)
      : source_(source),
        options_(options),
        present_(options.directory),
        taken_(present_.names().tables().begin(), present_.names().tables().end()) {}

  const TableNames& present() const { return present_.names(); }

  void add(const survey::TableSurvey& survey) {
    const auto& location = survey.location;
    auto taken = taken_;
    auto table = propose(survey, options_.names, taken);
    const auto stem = file_stem(table.plain_name);
    Drafted draft{.table = location.table, .file = {}};
    if (const auto* const present = present_.find(table.location, stem)) {
      draft.was_there = true;
      draft.file = present->file;
      take_from(*present, table);
    } else {
      taken_ = std::move(taken);
      if (!table.columns.empty())
        draft.file = options_.directory / fmt::format("{:03}_{}.sql", present_.highest() + ++written_, stem);
    }
    draft.rows = survey.load_rows + survey.changes.all();
    draft.files = survey.files.loads.count + survey.files.changes.count;
    draft.other_objects = survey.files.unknown;
    for (const auto& [key, file] : survey.unreadable) draft.unreadable.push_back(file);
    drafts_.push_back(std::move(draft));
    tables_.push_back(std::move(table));
    origins_.push_back(seen(survey, source_));
  }

  std::vector<Drafted> write() {
    name_twins();
    propose_relations(tables_);
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      auto& draft = drafts_[i];
      const auto& table = tables_[i];
      draft.columns = table.columns.size();
      draft.key = fmt::format("{}", fmt::join(table.key, ", "));
      draft.key_sureness = table.key_sureness;
      draft.doubts = table.doubts.size();
      for (const auto& column : table.columns) draft.doubts += column.doubt || column.references ? 1U : 0U;
      if (!draft.was_there && draft.columns != 0) infer::write(draft.file, draft_sql(table, origins_[i]));
    }
    return std::move(drafts_);
  }

 private:
  // Other drafts refer to the table by its present names.
  static void take_from(const PresentDraft& present, ProposedTable& table) {
    if (present.table.name.empty()) return;
    table.plain_name = present.table.name;
    table.name = sql_name(present.table.name);
    if (auto source = source_table(present.table.comment)) table.source = std::move(source);
    const auto is_missing = [&](const std::string& column) {
      return std::ranges::find(present.table.columns, column, sql_name) == present.table.columns.end();
    };
    if (std::ranges::any_of(table.key, is_missing)) table.key.clear();
  }

  // Of two tables with the same name, the one that keeps the name is found by its schema too, so that it
  // doesn't depend on the other's comment.
  void name_twins() {
    for (auto& table : tables_) {
      const auto is_twin = [&](const ProposedTable& other) {
        return &other != &table && other.source && same_name(other.source->table, table.location.table);
      };
      if (!table.source && std::ranges::any_of(tables_, is_twin)) table.source = table.location;
    }
  }

  source::Source& source_;
  const InferOptions& options_;
  PresentDrafts present_;
  std::set<std::string> taken_;
  unsigned written_ = 0;
  std::vector<Drafted> drafts_;
  std::vector<ProposedTable> tables_;
  std::vector<std::string> origins_;
};

// Full loads that are all in prefixes below the table's.
bool only_partitions(const survey::TableSurvey& survey) {
  const auto in_partition = [&](const survey::TableFile& file) {
    return file.object.key.find('/', survey.location.prefix().size()) != std::string::npos;
  };
  const auto& loads = survey.files.loads;
  return survey.files.changes.count == 0 && loads.count != 0 &&
         std::ranges::all_of(loads.first, in_partition) && std::ranges::all_of(loads.last, in_partition);
}

// Such files are either partitions of one table, or the full loads of different tables.
std::optional<source::WrongLevel> level_above(const survey::TableSurvey& survey,
                                              const source::Source& source) {
  if (!only_partitions(survey)) return std::nullopt;
  const auto table = source::table_of_file(survey.files.loads.first.front().object.key);
  return table ? source::level_of(source, *table) : std::nullopt;
}

}  // namespace

Inferred write_drafts(source::Source& source, const InferOptions& options, const Cancellation& stop) {
  Drafts drafts(source, options);
  const auto prefixes =
      survey::find_some_prefixes(source, {.names = options.tables, .known = drafts.present()});
  make_directories(options.directory);
  Agreement agreement;
  auto misplaced = prefixes.misplaced;
  for (const auto& location : prefixes.tables) {
    survey::SurveyOptions look;
    look.rows_of_file = options.rows_of_file;
    look.read = options.read;
    look.skip_unreadable = true;
    auto survey = survey::survey_table(source, location, look, stop);
    if (auto above = level_above(survey, source)) {
      if (survey.files_left_out != 0) {
        misplaced.push_back(std::move(*above));
        continue;
      }
      survey.shape.doubts.push_back(
          fmt::format("All full loads are in prefixes below {}, such as {}. If these are tables, not "
                      "partitions of one table, "
                      "remove this draft: {}",
                      source.full_key(location.prefix()), above->table, above->hint()));
    }
    agreement.add(survey);
    drafts.add(survey);
  }
  if (misplaced.size() == prefixes.misplaced.size() + prefixes.tables.size())
    throw Error::configuration(misplaced.front().text(), misplaced.front().hint());
  Inferred inferred{.drafts = drafts.write(), .transactions = prefixes.transactions, .format = {}};
  inferred.misplaced = std::move(misplaced);
  inferred.format = agreement.format(options.format, options.read.format);
  inferred.without_header = agreement.without_header();
  write_readme(inferred, options);
  return inferred;
}

ExitCode exit_code_of(const Inferred& inferred) {
  for (const auto& draft : inferred.drafts) {
    if (!draft.unreadable.empty()) return draft.unreadable.front().exit_code;
  }
  return ExitCode::Done;
}

namespace {

std::string why_nothing(const Drafted& draft) {
  if (!draft.unreadable.empty()) return "none of its rows can be read";
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
    for (const auto& file : draft.unreadable)
      text += fmt::format("  unreadable: {}: {}\n", printable_line(file.where), printable_line(file.why));
  }
  for (const auto& wrong : inferred.misplaced)
    text += fmt::format("skipped: {}. {}\n", wrong.text(), wrong.hint());
  for (const auto& location : inferred.transactions)
    text += location + ": skipped, it has transaction files, which contain changes of all tables\n";
  if (keyless) text += "A table without a key can't be loaded: name the key columns in its file.\n";
  if (!inferred.without_header.empty())
    text += fmt::format(
        "A task of AWS DMS writes a header to all files or to none. None was recognized in those of {}, "
        "unlike "
        "the others. If they have one, remove these drafts and add header=yes to FORMAT and run infer "
        "again.\n",
        printable_line(fmt::format("{}", fmt::join(inferred.without_header, ", "))));
  return text + "Read the files, correct them, then:\n" +
         (inferred.format.empty() ? "" : export_format(inferred)) + next_commands(options);
}

}  // namespace peo::infer
