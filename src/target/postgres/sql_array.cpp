#include "target/postgres/sql_array.hpp"

#include <fmt/format.h>

namespace peo::target {

void add_element(std::string& array, std::string_view written) {
  if (!array.empty()) array += ',';
  array += written;
}

void add_text(std::string& array, std::optional<std::string_view> text) {
  if (!text) return add_element(array, "NULL");
  // Always quoted: without quotes the text NULL would be a NULL.
  add_element(array, "\"");
  for (const char c : *text) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

void add_elements(std::string& array, std::string_view elements) {
  if (!elements.empty()) add_element(array, elements);
}

std::string braced(std::string_view array) { return fmt::format("{{{}}}", array); }

}  // namespace peo::target
