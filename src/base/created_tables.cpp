#include "base/created_tables.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/identifiers.hpp"

namespace peo {
namespace {

struct Token {
  enum class Kind { Word, Quoted, Literal, Symbol };
  Kind kind = Kind::Symbol;
  std::string text;  // a word in lower case; a name or a literal without its quotes

  bool is(std::string_view word) const {
    return (kind == Kind::Word || kind == Kind::Symbol) && text == word;
  }
  bool is_name() const { return kind == Kind::Word || kind == Kind::Quoted; }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) {
  return c == '_' || (lower_case(c) >= 'a' && lower_case(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}
bool in_word(char c) { return begins_word(c) || is_digit(c) || c == '$'; }

// PostgreSQL's lexical structure, as far as needed to find where names and literals begin and end.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> tokens() {
    std::vector<Token> all;
    while (skip_blanks(), at_ < text_.size()) {
      auto token = next();
      // Literals with a line break between them are concatenated; without one they are invalid SQL.
      if (token.kind == Token::Kind::Literal && !all.empty() && all.back().kind == token.kind) {
        all.back().text += token.text;
      } else {
        all.push_back(std::move(token));
      }
    }
    return all;
  }

 private:
  bool at(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  char now() const { return text_[at_]; }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (at("--")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (at("/*")) {
        skip_comment();
      } else if (std::string_view(" \t\r\n\f\v").find(now()) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  // Comments can be nested.
  void skip_comment() {
    std::size_t depth = 0;
    do {
      if (at("/*") || at("*/")) {
        depth = at("/*") ? depth + 1 : depth - 1;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < text_.size());
  }

  Token next() {
    if (now() == '\'') return {Token::Kind::Literal, quoted('\'', false)};
    if (now() == '"') return {Token::Kind::Quoted, std::string(truncated_identifier(quoted('"', false)))};
    if (now() == '$') return dollar();
    if (!begins_word(now())) return {Token::Kind::Symbol, std::string(1, text_[at_++])};
    const auto begin = at_;
    while (at_ < text_.size() && in_word(now())) ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    const bool prefix =
        word.size() == 1 && std::string_view("eEbBxXnN").find(word[0]) != std::string_view::npos;
    if (prefix && at("'")) return {Token::Kind::Literal, quoted('\'', lower_case(word[0]) == 'e')};
    return {Token::Kind::Word, folded_identifier(word)};
  }

  // Starts at the opening quote.
  std::string quoted(char quote, bool escapes) {
    std::string text;
    for (++at_; at_ < text_.size(); ++at_) {
      if (now() == quote) {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != quote) break;
        ++at_;
      } else if (escapes && now() == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        text += escaped();
        continue;
      }
      text += now();
    }
    at_ = std::min(at_ + 1, text_.size());
    return text;
  }

  char escaped() {
    constexpr std::string_view letters = "bfnrt";
    constexpr std::string_view meant = "\b\f\n\r\t";
    if (const auto found = letters.find(now()); found != std::string_view::npos) return meant[found];
    if (now() != 'x') return now();
    int value = 0;
    for (int digits = 0; digits < 2 && at_ + 1 < text_.size(); ++digits, ++at_) {
      const char c = lower_case(text_[at_ + 1]);
      if (!is_digit(c) && (c < 'a' || c > 'f')) break;
      value = value * 16 + (is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return static_cast<char>(value);
  }

  // $$...$$ or $tag$...$tag$; otherwise a parameter or a lone "$".
  Token dollar() {
    auto end = at_ + 1;
    while (end < text_.size() && in_word(text_[end]) && text_[end] != '$') ++end;
    if (end == text_.size() || text_[end] != '$' || is_digit(text_[at_ + 1]))
      return {Token::Kind::Symbol, std::string(1, text_[at_++])};
    const auto tag = text_.substr(at_, end + 1 - at_);
    const auto begin = end + 1;
    const auto close = std::min(text_.find(tag, begin), text_.size());
    at_ = std::min(close + tag.size(), text_.size());
    return {Token::Kind::Literal, std::string(text_.substr(begin, close - begin))};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

struct Name {
  std::string schema, name;
  friend bool operator==(const Name&, const Name&) = default;
};

// A statement's tokens, without its semicolon.
class Statement {
 public:
  Statement(std::span<const Token> tokens, std::vector<CreatedTable>& tables)
      : tokens_(tokens), tables_(tables) {}

  bool only_creates() {
    if (tokens_.empty()) return true;
    if (takes("comment")) return takes("on") && (takes("table") || takes("column"));
    if (!takes("create")) return false;
    if (takes("unique")) return takes("index");
    if (takes("index")) return true;
    takes("unlogged");
    // Not CREATE TABLE ... AS: its query may have any effect.
    std::size_t depth = 0;
    return takes("table") && std::ranges::none_of(tokens_, [&](const Token& token) {
             if (token.is("(")) ++depth;
             if (token.is(")") && depth > 0) --depth;
             return depth == 0 && token.is("as");
           });
  }

  void read() {
    if (takes("create")) {
      create();
    } else if (takes("comment")) {
      comment();
    } else if (takes("alter")) {
      rename();
    }
  }

 private:
  bool takes(std::string_view word) {
    if (at_ >= tokens_.size() || !tokens_[at_].is(word)) return false;
    ++at_;
    return true;
  }

  std::optional<Name> name() {
    Name found;
    while (at_ < tokens_.size() && tokens_[at_].is_name()) {
      found = {.schema = found.name, .name = tokens_[at_++].text};
      if (!takes(".")) return found;
    }
    return std::nullopt;
  }

  CreatedTable* find(const Name& wanted) {
    // The last one: a name without a schema refers to the table that was created last.
    const auto found = std::find_if(tables_.rbegin(), tables_.rend(), [&](const CreatedTable& table) {
      return table.name == wanted.name &&
             (wanted.schema.empty() || table.schema.empty() || table.schema == wanted.schema);
    });
    return found == tables_.rend() ? nullptr : &*found;
  }

  void create() {
    takes("unlogged");
    if (!takes("table")) return;
    if (takes("if")) at_ += 2;  // NOT EXISTS
    const auto created = name();
    if (!created) return;
    auto& table = tables_.emplace_back(CreatedTable{.schema = created->schema, .name = created->name});
    if (takes("(")) table.columns = columns();
  }

  std::vector<std::string> columns() {
    static constexpr std::array<std::string_view, 7> no_columns{"constraint", "primary", "unique", "check",
                                                                "foreign",    "exclude", "like"};
    std::vector<std::string> names;
    bool first = true;  // of a definition
    for (std::size_t depth = 1; at_ < tokens_.size(); ++at_) {
      const auto& token = tokens_[at_];
      if (token.is(")") && --depth == 0) break;
      if (token.is("(")) ++depth;
      const bool constraint = std::ranges::any_of(no_columns, [&](auto word) { return token.is(word); });
      if (first && depth == 1 && token.is_name() && !constraint) names.push_back(token.text);
      first = token.is(",") && depth == 1;
    }
    return names;
  }

  void comment() {
    if (!takes("on") || !takes("table")) return;
    const auto commented = name();
    if (!commented || !takes("is") || at_ >= tokens_.size()) return;
    auto* const table = find(*commented);
    if (table != nullptr) table->comment = tokens_[at_].kind == Token::Kind::Literal ? tokens_[at_].text : "";
  }

  void rename() {
    if (!takes("table")) return;
    if (takes("if")) ++at_;  // EXISTS
    takes("only");
    const auto before = name();
    if (!before || !takes("rename") || !takes("to")) return;
    const auto after = name();
    auto* const table = after ? find(*before) : nullptr;
    if (table != nullptr) table->name = after->name;
  }

  std::span<const Token> tokens_;
  std::vector<CreatedTable>& tables_;
  std::size_t at_ = 0;
};

// Without their semicolons.
std::vector<std::span<const Token>> statements_of(const std::vector<Token>& tokens) {
  std::vector<std::span<const Token>> statements;
  for (auto begin = tokens.begin(); begin != tokens.end();) {
    const auto end = std::find_if(begin, tokens.end(), [](const Token& token) { return token.is(";"); });
    statements.emplace_back(begin, end);
    begin = end == tokens.end() ? end : end + 1;
  }
  return statements;
}

}  // namespace

void read_created_tables(std::string_view sql, std::vector<CreatedTable>& tables) {
  const auto tokens = Lexer(sql).tokens();
  for (const auto& statement : statements_of(tokens)) Statement(statement, tables).read();
}

TableNames names_of(const std::vector<CreatedTable>& tables) {
  std::vector<std::string> names;
  SourceTables sources;
  for (const auto& table : tables) {
    names.push_back(table.name);
    if (auto source = source_table(table.comment); source && !source->table.empty())
      sources.emplace(table.name, std::move(*source));
  }
  return {std::move(names), std::move(sources)};
}

bool only_creates_tables(std::string_view sql) {
  const auto tokens = Lexer(sql).tokens();
  std::vector<CreatedTable> none;
  const auto statements = statements_of(tokens);
  return std::ranges::all_of(statements,
                             [&](auto statement) { return Statement(statement, none).only_creates(); });
}

std::vector<CreatedTable> created_tables(std::string_view sql) {
  std::vector<CreatedTable> tables;
  read_created_tables(sql, tables);
  return tables;
}

}  // namespace peo
