#include "base/source_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/identifiers.hpp"
#include "base/names_text.hpp"
#include "base/spelling.hpp"

namespace peo {
namespace {

constexpr std::string_view table_words = "Source table:";
constexpr std::string_view column_words = "Source column:";

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// A declaration in a comment: where it begins and ends, and its names: one, or a schema and a table.
struct Sentence {
  std::size_t begin = 0, end = 0;
  std::vector<std::string> names;
};

// `at` is the position of the opening quote, then the one after the closing quote. Nothing when there is
// none.
std::optional<std::string> quoted_name(std::string_view text, std::size_t& at) {
  std::string name;
  for (auto next = at + 1; next < text.size(); ++next) {
    if (text[next] != '"') {
      name += text[next];
    } else if (next + 1 < text.size() && text[next + 1] == '"') {
      name += text[next++];
    } else {
      at = next + 1;
      return name;
    }
  }
  return std::nullopt;
}

bool ends_sentence(std::string_view text, std::size_t at) {
  return text[at] == '\n' || (text[at] == '.' && (at + 1 == text.size() || is_blank(text[at + 1])));
}

std::optional<Sentence> find_sentence(std::string_view text, std::string_view words, std::size_t most_names,
                                      std::size_t from = 0) {
  const auto begin = text.find(words, from);
  if (begin == std::string_view::npos) return std::nullopt;
  Sentence found{.begin = begin, .end = begin + words.size(), .names = {}};
  auto at = found.end;
  while (at < text.size() && text[at] == ' ') ++at;
  while (true) {
    std::string name;
    if (at < text.size() && text[at] == '"') {
      auto quoted = quoted_name(text, at);
      if (!quoted) return Sentence{.begin = begin, .end = text.size(), .names = {}};
      name = std::move(*quoted);
    } else {
      while (at < text.size() && !ends_sentence(text, at) &&
             !(text[at] == '.' && found.names.size() + 1 < most_names))
        name += text[at++];
      while (!name.empty() && is_blank(name.back())) name.pop_back();
    }
    found.names.push_back(std::move(name));
    const bool another = at < text.size() && text[at] == '.' && !ends_sentence(text, at);
    if (!another || found.names.size() == most_names) break;
    ++at;
  }
  if (at < text.size() && text[at] == '.') ++at;
  found.end = at;
  if (std::ranges::any_of(found.names, &std::string::empty)) found.names.clear();
  return found;
}

std::string name_in_sentence(std::string_view name) {
  const auto plain = [](unsigned char c) {
    return c >= 0x80 || c == ' ' || c == '_' || c == '-' || c == '#' || c == '$' || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (!name.empty() && name.front() != ' ' && name.back() != ' ' && std::ranges::all_of(name, plain))
    return std::string(name);
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += c;
    text += c;
  }
  return text + "\"";
}

}  // namespace

std::optional<SourceTable> source_table(std::string_view comment) {
  const auto found = find_sentence(comment, table_words, 2);
  if (!found) return std::nullopt;
  if (found->names.empty()) return SourceTable{};
  if (found->names.size() == 1) return SourceTable{.schema = {}, .table = found->names[0]};
  return SourceTable{.schema = found->names[0], .table = found->names[1]};
}

std::vector<std::string> source_columns(std::string_view comment) {
  std::vector<std::string> names;
  std::size_t from = 0;
  while (const auto found = find_sentence(comment, column_words, 1, from)) {
    names.push_back(found->names.empty() ? std::string() : found->names.front());
    from = found->end;
  }
  return names;
}

std::string source_table_sentence(const SourceTable& source) {
  std::string text(table_words);
  text += " ";
  if (!source.schema.empty()) text += name_in_sentence(source.schema) + ".";
  return text + name_in_sentence(source.table) + ".";
}

std::string source_column_sentence(std::string_view name) {
  return std::string(column_words) + " " + name_in_sentence(name) + ".";
}

std::string without_source_names(std::string_view comment) {
  std::string text(comment);
  for (const auto& [words, names] : {std::pair(table_words, 2), std::pair(column_words, 1)}) {
    while (const auto found = find_sentence(text, words, static_cast<std::size_t>(names))) {
      auto end = found->end;
      while (end < text.size() && is_blank(text[end])) ++end;
      text.erase(found->begin, end - found->begin);
    }
  }
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  return text;
}

TableNames::TableNames(std::vector<std::string> tables, SourceTables sources)
    : tables_(std::move(tables)), sources_(std::move(sources)) {
  for (const auto& table : tables_) {
    if (const auto* const source = source_of(table)) {
      declared_.emplace(std::pair(lower_case(source->schema), lower_case(source->table)), table);
    } else {
      by_name_.emplace(folded_identifier(table), table);
    }
  }
}

const std::string* TableNames::find(std::string_view schema, std::string_view table) const {
  const auto name = lower_case(table);
  for (const auto& of : {lower_case(schema), std::string()}) {
    if (const auto found = declared_.find({of, name}); found != declared_.end()) return &found->second;
  }
  const auto found = by_name_.find(folded_identifier(table));
  return found == by_name_.end() ? nullptr : &found->second;
}

std::vector<std::string> TableNames::named(std::string_view name) const {
  std::vector<std::string> found;
  const auto take = [&](const auto& is_it) {
    if (found.empty()) std::ranges::copy_if(tables_, std::back_inserter(found), is_it);
  };
  take([&](const std::string& table) { return table == name; });
  take([&](const std::string& table) { return same_name(table, name); });
  take([&](const std::string& table) {
    const auto* const source = source_of(table);
    return is_named(source == nullptr ? SourceTable{.schema = {}, .table = table} : *source, name);
  });
  return found;
}

bool is_named(const SourceTable& source, std::string_view name) {
  if (same_name(source.table, name)) return true;
  const bool qualified = name.size() > source.table.size() + 1 &&
                         name[name.size() - source.table.size() - 1] == '.' &&
                         same_name(name.substr(name.size() - source.table.size()), source.table);
  return qualified && (source.schema.empty() ||
                       same_name(name.substr(0, name.size() - source.table.size() - 1), source.schema));
}

Error unknown_table(const std::string& name, const std::string& where,
                    const std::vector<std::string>& known) {
  auto meant = similar_name(name, known);
  if (!meant) meant = similar_name(name.substr(name.rfind('.') + 1), known);  // "dbo.Ordrs"; npos + 1 is 0
  return {ErrorKind::Fatal, ExitCode::CommandLine,
          fmt::format("there is no table {} {}", shortened(name), where),
          fmt::format("{}Use one of {}, or none for all tables.",
                      meant ? fmt::format("Did you mean {}? ", shortened(*meant)) : "", names_text(known))};
}

const SourceTable* TableNames::source_of(const std::string& table) const {
  const auto found = sources_.find(table);
  return found == sources_.end() ? nullptr : &found->second;
}

}  // namespace peo
