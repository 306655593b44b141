// Reads a sample's files back, with nothing of the generator's: gunzip by zlib's file interface, and a reader
// of RFC 4180 that remembers which fields were quoted.
#pragma once
#include <zlib.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "sample/sample.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

struct CsvField {
  std::string text;
  bool quoted = false;
};
using CsvRow = std::vector<CsvField>;

inline std::string gunzipped(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("can't open " + path.string());
  std::string text;
  std::vector<char> buffer(1 << 16);
  int size = 0;
  while ((size = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(size));
  if (gzclose(file) != Z_OK || size < 0) throw std::runtime_error("bad gzip " + path.string());
  return text;
}

inline std::vector<CsvRow> csv_rows(const std::string& text) {
  std::vector<CsvRow> rows;
  CsvRow row;
  CsvField field;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"' && field.text.empty() && !field.quoted) {
      field.quoted = true;
      for (++i; text[i] != '"' || text.at(i + 1) == '"'; ++i) {
        if (text[i] == '"') ++i;
        field.text += text.at(i);
      }
      ++i;
    }
    const char next = text[i++];
    if (next != ',' && next != '\n') {
      if (field.quoted) throw std::runtime_error("text after a closing quote");
      field.text += next;
      continue;
    }
    row.push_back(std::move(field));
    field = {};
    if (next == ',') continue;
    rows.push_back(std::move(row));
    row.clear();
  }
  if (!row.empty()) throw std::runtime_error("the last row has no end");
  return rows;
}

// All objects below a directory, by key.
inline std::map<std::string, std::filesystem::path> objects(const std::filesystem::path& directory) {
  std::map<std::string, std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      found[std::filesystem::relative(entry.path(), directory).string()] = entry.path();
  return found;
}

inline nlohmann::json expected_json(const std::filesystem::path& directory) {
  return nlohmann::json::parse(read_file(directory / "expected.json"));
}

// The rows of a table's files whose names begin so, in the order of their names.
inline std::vector<CsvRow> rows_of(const std::filesystem::path& directory, const std::string& key_prefix) {
  std::vector<CsvRow> all;
  for (const auto& [key, path] : objects(directory)) {
    if (key.rfind(key_prefix, 0) != 0) continue;
    for (CsvRow& row : csv_rows(gunzipped(path))) all.push_back(std::move(row));
  }
  return all;
}

inline sample::SampleOptions small_sample() {
  sample::SampleOptions options;
  options.strategies = 12;
  options.orders = 400;
  options.executions = 3'000;
  options.days = 2;
  options.orders_per_day = 60;
  return options;
}

}  // namespace peo::test
