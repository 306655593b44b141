#include "config/format_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "base/spelling.hpp"
#include "config/keyword_values.hpp"
#include "config/parse_value.hpp"

namespace peo::config {
namespace {

constexpr std::size_t longest_delimiter = 16;

// \t, \n, \r, \\, \xHH in a delimiter; nothing for another escape.
std::optional<std::string> unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    constexpr std::string_view letters = "tnr\\";
    constexpr std::string_view meanings = "\t\n\r\\";
    if (const auto at = letters.find(text[i]); at != std::string_view::npos) {
      bytes += meanings[at];
      continue;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto hex = lower_case(text.substr(i, 3));
    if (hex.size() != 3 || hex[0] != 'x') return std::nullopt;
    const auto high = digits.find(hex[1]);
    const auto low = digits.find(hex[2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

// The parts of a list, trimmed.
std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

class FormatReader {
 public:
  explicit FormatReader(Problems& problems) : problems_(problems) {}

  FileFormat read(std::string_view text) {
    read_keyword_values(text, problems_, [this](const KeywordValue& word) { take(word); });
    if (problems_.empty()) check();
    return std::move(format_);
  }

 private:
  struct Key {
    std::string_view name;
    void (FormatReader::*read)(const std::string& value);
  };
  static constexpr std::string_view known_text =
      "known keys are header, op, timestamp, timestamp_name, before_image, null, quoted_null, no_sup_value, "
      "delimiter, row_delimiter, quoting";
  static const std::array<Key, 11>& keys() {
    static constexpr std::array<Key, 11> all{{{"header", &FormatReader::header},
                                              {"op", &FormatReader::op},
                                              {"timestamp", &FormatReader::timestamp},
                                              {"timestamp_name", &FormatReader::timestamp_name},
                                              {"before_image", &FormatReader::before_image},
                                              {"null", &FormatReader::null},
                                              {"quoted_null", &FormatReader::quoted_null},
                                              {"no_sup_value", &FormatReader::no_sup_value},
                                              {"delimiter", &FormatReader::delimiter},
                                              {"row_delimiter", &FormatReader::row_delimiter},
                                              {"quoting", &FormatReader::quoting}}};
    return all;
  }

  void take(const KeywordValue& word) {
    const auto known = std::ranges::find(keys(), std::string_view(word.key), &Key::name);
    if (known == keys().end()) {
      std::vector<std::string> names;
      for (const auto& key : keys()) names.emplace_back(key.name);
      const auto meant = similar_name(word.key, names);
      problems_.add(fmt::format("unknown key {}{}; {}", shown(word.key),
                                meant ? fmt::format(" (did you mean {}?)", *meant) : "", known_text));
      return;
    }
    if (!seen_.insert(word.key).second) problems_.add(fmt::format("{} is set twice", word.key));
    (this->*known->read)(word.value);
  }

  void wrong(std::string_view key, const std::string& value, std::string_view accepted) {
    problems_.add(fmt::format("{} is {}; expected {}", key, shown(value), accepted));
  }

  void header(const std::string& value) {
    if (lower_case(value) == "auto") return;
    format_.header = read_boolean(value);
    if (!format_.header) wrong("header", value, "auto, yes or no");
  }

  Present present(std::string_view key, const std::string& value) {
    const auto word = lower_case(value);
    if (word == "auto") return Present::Auto;
    if (word == "changes") return Present::Changes;
    if (word == "always") return Present::Always;
    if (word == "never") return Present::Never;
    const auto yes = read_boolean(value);
    if (!yes) wrong(key, value, "auto, always, changes (only in change files) or never");
    return yes.value_or(false) ? Present::Always : Present::Never;
  }
  void op(const std::string& value) { format_.operation = present("op", value); }
  void timestamp(const std::string& value) { format_.timestamp = present("timestamp", value); }
  void timestamp_name(const std::string& value) { format_.timestamp_name = value; }
  void before_image(const std::string& value) {
    format_.before_image = value;
    if (value.empty()) wrong("before_image", value, "the prefix of the column names, such as BI_");
  }

  void null(const std::string& value) { format_.null_tokens = parts_of(value, ','); }
  void quoted_null(const std::string& value) {
    const auto yes = read_boolean(value);
    format_.quoted_null = yes.value_or(false);
    if (!yes) wrong("quoted_null", value, "yes or no");
  }
  void no_sup_value(const std::string& value) {
    format_.no_sup_value = value;
    if (value.empty()) wrong("no_sup_value", value, "the value of CsvNoSupValue in AWS DMS");
  }

  std::string bytes(std::string_view key, const std::string& value) {
    const auto result = unescaped(value);
    if (!result || result->empty() || result->size() > longest_delimiter ||
        result->find('\0') != std::string::npos) {
      wrong(key, value,
            fmt::format(R"(1 to {} bytes, written literally or as \\t, \\n, \\r, \\\\, \\x1f)",
                        longest_delimiter));
      return ",";
    }
    return *result;
  }
  void delimiter(const std::string& value) {
    constexpr std::array<std::pair<std::string_view, const char*>, 4> words{
        {{"comma", ","}, {"tab", "\t"}, {"pipe", "|"}, {"semicolon", ";"}}};
    const auto* const word =
        std::ranges::find(words, lower_case(value), [](const auto& one) { return one.first; });
    format_.delimiter = word != words.end() ? word->second : bytes("delimiter", value);
  }
  void row_delimiter(const std::string& value) {
    const auto word = lower_case(value);
    if (word == "auto") return;
    format_.row_delimiter = word == "lf" ? "\n" : word == "crlf" ? "\r\n" : bytes("row_delimiter", value);
  }
  void quoting(const std::string& value) {
    const auto word = lower_case(value);
    format_.quoting = word != "none";
    if (word != "none" && word != "rfc4180") wrong("quoting", value, "rfc4180 or none");
  }

  // Rejects combinations that no file can be parsed with.
  void check() {
    const auto& field = format_.delimiter;
    const auto& row = format_.row_delimiter;
    if (!format_.no_sup_value.empty() &&
        std::ranges::find(format_.null_tokens, format_.no_sup_value) != format_.null_tokens.end())
      problems_.add(fmt::format("no_sup_value is {}, which is also a null string; a field can't mean both",
                                shown(format_.no_sup_value)));
    const auto quote = field.find('"') != std::string::npos || row.find('"') != std::string::npos;
    if (format_.quoting && quote) problems_.add("a delimiter contains the quote; set quoting=none");
    if (row.empty() && field.find_first_of("\r\n") != std::string::npos)
      problems_.add("delimiter contains a line break, which ends a row");
    if (!row.empty() && field.starts_with(row))
      problems_.add("delimiter starts with row_delimiter, so no field would ever end");
  }

  Problems& problems_;
  FileFormat format_;
  std::set<std::string> seen_;
};

// One entry of a list. A name in double quotes is always a column name.
std::optional<ColumnEntry> read_entry(std::string_view text) {
  using Kind = ColumnEntry::Kind;
  const auto unquoted = [](std::string_view name) -> std::optional<std::string> {
    if (!name.starts_with('"')) return name.empty() ? std::nullopt : std::optional(std::string(name));
    if (name.size() < 3 || !name.ends_with('"')) return std::nullopt;
    return std::string(name.substr(1, name.size() - 2));
  };
  const auto word = lower_case(text);
  if (word == "op") return ColumnEntry{Kind::Operation};
  if (word == "timestamp") return ColumnEntry{Kind::Timestamp};
  if (word == "*") return ColumnEntry{Kind::Rest};
  const bool ignored = text.starts_with('-');
  const auto name = unquoted(ignored ? trimmed(text.substr(1)) : text);
  if (!name) return std::nullopt;
  return ColumnEntry{ignored ? Kind::Ignored : Kind::Named, *name};
}

class ColumnsReader {
 public:
  explicit ColumnsReader(Problems& problems) : problems_(problems) {}

  ColumnLists read(std::string_view text) {
    for (const auto& list : parts_of(text, ';')) {
      if (!list.empty()) take(list);
    }
    return std::move(lists_);
  }

 private:
  void take(std::string_view list) {
    std::string table;
    if (const auto equals = list.find('='); equals != std::string_view::npos && list.front() != '"') {
      table = folded_identifier(trimmed(list.substr(0, equals)));
      list = trimmed(list.substr(equals + 1));
      if (table.empty()) problems_.add("a list starts with \"=\"; write the table's name before it");
    }
    auto& entries = table.empty() ? lists_.all : lists_.tables[table];
    if (!entries.empty()) {
      problems_.add(table.empty() ? std::string("there are two lists without a table name")
                                  : fmt::format("there are two lists for {}", shown(table)));
      return;
    }
    entries = entries_of(list);
  }

  ColumnEntries entries_of(std::string_view list) {
    ColumnEntries entries;
    std::set<std::string> once;
    for (const auto& part : parts_of(list, ',')) {
      const auto entry = read_entry(part);
      if (!entry) {
        problems_.add(fmt::format(
            "{} is not a field; expected Op, Timestamp, *, a column name, BI_ and a name, or - and a "
            "name, separated by commas",
            shown(part)));
        continue;
      }
      const bool single = entry->kind == ColumnEntry::Kind::Operation ||
                          entry->kind == ColumnEntry::Kind::Timestamp ||
                          entry->kind == ColumnEntry::Kind::Rest || entry->kind == ColumnEntry::Kind::Named;
      if (single && !once.insert(lower_case(part)).second)
        problems_.add(fmt::format("{} occurs twice in one list", shown(part)));
      entries.push_back(*entry);
    }
    return entries;
  }

  Problems& problems_;
  ColumnLists lists_;
};

}  // namespace

FileFormat read_format(std::string_view text, Problems& problems) {
  return FormatReader(problems).read(text);
}

ColumnLists read_columns(std::string_view text, Problems& problems) {
  return ColumnsReader(problems).read(text);
}

}  // namespace peo::config
