#include "config/keyword_values.hpp"

#include <fmt/format.h>

#include <utility>

namespace peo::config {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class WordReader {
 public:
  WordReader(std::string_view text, Problems& problems) : rest_(text), problems_(problems) {}

  // False at the end, or after a syntax error.
  bool next(KeywordValue& word) {
    skip_blanks();
    if (rest_.empty()) return false;
    word = {.key = {}, .value = {}, .number = ++number_};
    while (!rest_.empty() && rest_.front() != '=' && !is_blank(rest_.front())) word.key += take();
    skip_blanks();
    if (rest_.empty() || rest_.front() != '=') {
      problems_.add(
          fmt::format("word {} has no \"=\" (write keyword=value, and put a value with spaces in single "
                      "quotes)",
                      number_));
      return false;
    }
    take();
    skip_blanks();
    word.quoted = !rest_.empty() && rest_.front() == '\'';
    if (word.quoted ? read_quoted(word.value) : read_plain(word.value)) return true;
    problems_.add(
        fmt::format("the value of word {} ends inside its quotes or after a backslash, or text "
                    "follows its closing quote",
                    number_));
    return false;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  bool read_plain(std::string& value) {
    while (!rest_.empty() && !is_blank(rest_.front())) {
      char c = take();
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = take();
      }
      value += c;
    }
    return true;
  }

  bool read_quoted(std::string& value) {
    take();
    while (!rest_.empty()) {
      char c = take();
      if (c == '\'') return rest_.empty() || is_blank(rest_.front());
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = take();
      }
      value += c;
    }
    return false;
  }

  std::string_view rest_;
  Problems& problems_;
  int number_ = 0;
};

}  // namespace

void read_keyword_values(std::string_view text, Problems& problems,
                         const std::function<void(KeywordValue)>& take) {
  WordReader reader(text, problems);
  KeywordValue word;
  while (reader.next(word)) take(std::move(word));
}

}  // namespace peo::config
