#include "support/random_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace peo::test {
namespace {

using Random = std::mt19937;
using Texts = std::vector<std::string>;

std::size_t below(Random& random, std::size_t limit) { return random() % limit; }
bool chance(Random& random, unsigned percent) { return random() % 100 < percent; }
template <typename T>
const T& one_of(Random& random, const std::vector<T>& list) {
  return list[below(random, list.size())];
}

// A type, and values of it: each with all the ways of writing it that are one value to PostgreSQL. The same
// number gives the same value.
struct ValueType {
  std::string type;
  std::function<Texts(std::size_t number)> spellings;
  bool exact = true;
  bool text = false;  // an unquoted empty field of a NOT NULL column is the empty text
};

Texts words(std::size_t number) {
  static const Texts list{"",         "NULL",        "null",   "a,b",          "say \"so\"", "two\nlines",
                          "\xC3\xBC", "back\\slash", " space", "tab\tinside",  "'quoted'",   "{brace}",
                          "\\N",      "\\.",         "0",      "\xE6\xBC\xA2", "\r\n",       "$1"};
  return {number < list.size() ? list[number] : fmt::format("word {}", number)};
}

Texts same_but_for_case(std::size_t number) {
  return {fmt::format("key {}", number), fmt::format("KEY {}", number), fmt::format("Key {}", number)};
}

Texts milliseconds(std::size_t number) {
  const auto at = fmt::format("2024-02-29 23:{:02}:{:02}", number / 60 % 60, number % 60);
  return {at + ".123", at + ".1230", at + ".1234", at + ".12296", at + ".122500001"};
}

Texts offsets(std::size_t number) {
  const auto minute = number % 60;
  return {fmt::format("2022-03-27 12:{:02}:00+00", minute),
          fmt::format("2022-03-27 14:{:02}:00+02:00", minute), fmt::format("2022-03-27 12:{:02}:00", minute),
          fmt::format("2022-03-27 06:{:02}:00.000-06", minute)};
}

Texts float_spellings(std::size_t number) {
  if (number == 0) return {"0", "-0", "0.0", "-0e0"};
  if (number == 1) return {"NaN", "nan"};
  return {fmt::format("{}.5", number), fmt::format("{}5e-1", number), fmt::format("+{}.500", number)};
}

const std::vector<ValueType>& key_types() {
  static const std::vector<ValueType> list{
      {"integer",
       [](auto n) {
         return Texts{fmt::format("{}", n), fmt::format("+{}", n), fmt::format("0{}", n)};
       }},
      {"bigint", [](auto n) { return Texts{fmt::format("-{}", 9'000'000'000'000 + n)}; }},
      {"smallint", [](auto n) { return Texts{fmt::format("{}", n)}; }},
      {"text", words, true, true},
      {"varchar(40)", words, true, true},
      {"char(12)",
       [](auto n) {
         return Texts{fmt::format("c{}", n), fmt::format("c{}  ", n)};
       }},
      {"text COLLATE ci", same_but_for_case, false, true},
      {"numeric",
       [](auto n) {
         return Texts{fmt::format("{}.5", n), fmt::format("{}.50", n), fmt::format("{}5e-1", n)};
       }},
      {"numeric(18,4)",
       [](auto n) {
         return Texts{fmt::format("{}", n), fmt::format("{}.0000", n), fmt::format("{}.00004", n)};
       }},
      {"timestamp",
       [](auto n) {
         return Texts{fmt::format("2022-09-22 09:{:02}:{:02}.12", n / 60 % 60, n % 60),
                      fmt::format("2022-09-22T09:{:02}:{:02}.120000", n / 60 % 60, n % 60)};
       }},
      {"timestamp(3)", milliseconds},
      {"timestamptz", offsets},
      {"date",
       [](auto n) {
         return Texts{fmt::format("20{:02}-0{}-01", n % 100, 1 + n % 9),
                      fmt::format("20{:02}0{}01", n % 100, 1 + n % 9)};
       }},
      {"uuid",
       [](auto n) {
         return Texts{fmt::format("6f1c3f6e-0000-4000-8000-{:012x}", 0xABC000 + n),
                      fmt::format("6F1C3F6E-0000-4000-8000-{:012X}", 0xABC000 + n),
                      fmt::format("{{6f1c3f6e-0000-4000-8000-{:012x}}}", 0xABC000 + n)};
       }},
      {"double precision", float_spellings},
      {"interval",
       [](auto n) {
         return Texts{fmt::format("{} days", n), fmt::format("{}:00:00", 24 * n)};
       }},
      {"jsonb",
       [](auto n) {
         return Texts{fmt::format(R"({{"a": {}, "b": 1}})", n), fmt::format(R"({{"b":1.0,"a":{}.00}})", n)};
       }},
      {"boolean",
       [](auto n) {
         return n % 2 == 0 ? Texts{"0", "false", "f"} : Texts{"1", "true", "t"};
       }},
  };
  return list;
}

const std::vector<ValueType>& further_types() {
  static const std::vector<ValueType> list{
      {"json", [](auto n) { return Texts{fmt::format(R"({{"n":  {}}})", n)}; }, false},
      {"text[]",
       [](auto n) {
         return Texts{fmt::format("{{a,{}}}", n), fmt::format("{{ a, \"{}\" }}", n)};
       }},
      {"real",
       [](auto n) {
         return Texts{fmt::format("{}.25", n), fmt::format("{}.250", n)};
       }},
      {"inet", [](auto n) { return Texts{fmt::format("10.0.0.{}", n % 256)}; }},
  };
  return list;
}

StreamField field_of(Random& random, const std::string& value, bool may_be_bare) {
  const bool must_quote = value.find_first_of(",\"\r\n") != std::string::npos || value == "NULL" ||
                          (value.empty() && !may_be_bare);
  StreamField field{value, value};
  if (!must_quote && !chance(random, 15)) return field;
  field.file = "\"";
  for (const char c : value) field.file += c == '"' ? std::string(2, c) : std::string(1, c);
  field.file += '"';
  return field;
}

// One table and the state that makes its files: a small world of keys, so that they repeat.
class TableMaker {
 public:
  TableMaker(Random& random, std::size_t number) : random_(random) {
    table_.name = fmt::format("t{}", number);
    const auto key_columns = 1 + (chance(random, 40) ? 1 + below(random, 2) : 0);
    for (std::size_t i = 0; i < key_columns; ++i) add(one_of(random, key_types()), true);
    const auto more = below(random, 6);
    for (std::size_t i = 0; i < more; ++i)
      add(chance(random, 25) ? one_of(random, further_types()) : one_of(random, key_types()), false);
    shuffle_columns();
    static const std::vector<std::size_t> worlds{1, 3, 10, 40, 200, 3000};
    keys_ = one_of(random, worlds);
    table_.partitioned = chance(random, 12);
  }

  const StreamTable& table() const { return table_; }

  StreamRow row(bool load) {
    StreamRow row;
    const auto dice = below(random_, 100);
    row.operation = load || dice < 35 ? 'I' : dice < 70 ? 'U' : 'D';
    const auto key = next_key(load);
    const bool bare_delete = row.operation == 'D' && chance(random_, 50);
    const auto values = chance(random_, 60) ? below(random_, 3) : below(random_, 100);  // often nothing new
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const auto& column = table_.columns[i];
      const auto& type = types_[i];
      if (!column.key && (bare_delete || (!column.not_null && chance(random_, 20)))) {
        row.fields.push_back({chance(random_, 50) ? "" : "NULL", std::nullopt});
        continue;
      }
      // Composite keys: the first part repeats, so that all parts matter.
      const auto number = !column.key ? values + i : i == table_.key.front() ? key : key / 3;
      const auto spellings = type.spellings(number);
      row.fields.push_back(field_of(random_, one_of(random_, spellings), type.text && column.not_null));
    }
    return row;
  }

 private:
  void add(const ValueType& type, bool key) {
    StreamColumn column;
    column.name = fmt::format("{} {}", key ? "key" : "Value", table_.columns.size());
    column.type = type.type;
    column.key = key;
    column.not_null = key || chance(random_, 30);
    column.exact = type.exact;
    table_.columns.push_back(column);
    types_.push_back(type);
  }

  void shuffle_columns() {
    std::vector<std::size_t> order(types_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(random_, i)]);
    auto columns = table_.columns;
    auto types = types_;
    for (std::size_t i = 0; i < order.size(); ++i) {
      columns[i] = table_.columns[order[i]];
      types[i] = types_[order[i]];
      if (columns[i].key) table_.key.push_back(i);
    }
    table_.columns = std::move(columns);
    types_ = std::move(types);
    if (chance(random_, 50)) std::reverse(table_.key.begin(), table_.key.end());
  }

  // Full loads mostly hold each key once.
  std::size_t next_key(bool load) {
    if (load && chance(random_, 99)) return loaded_++ % keys_;
    return below(random_, keys_);
  }

  Random& random_;
  StreamTable table_;
  std::vector<ValueType> types_;
  std::size_t keys_ = 1, loaded_ = 0;
};

std::size_t file_size(Random& random) {
  const auto dice = below(random, 100);
  if (dice < 4) return 0;
  if (dice < 55) return 1 + below(random, 12);
  if (dice < 90) return 10 + below(random, 200);
  return 900 + below(random, 1200);  // about where a delivery stops being small, and beyond
}

}  // namespace

std::string StreamTable::sql() const {
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  std::string statement = "CREATE TABLE " + quoted(name) + " (";
  for (const auto& column : columns) {
    statement +=
        fmt::format("{} {}{}, ", quoted(column.name), column.type, column.not_null ? " NOT NULL" : "");
  }
  std::string names;
  for (const auto i : key) names += (names.empty() ? "" : ", ") + quoted(columns[i].name);
  statement += "event_id bigint NOT NULL, delivery_id bigint NOT NULL, PRIMARY KEY (" + names + "))";
  if (!partitioned) return statement;
  statement += fmt::format(" PARTITION BY HASH ({})", names);
  for (int i = 0; i < 3; ++i) {
    statement += fmt::format("; CREATE TABLE {0} PARTITION OF {1} FOR VALUES WITH (MODULUS 3, REMAINDER {2})",
                             quoted(fmt::format("{} part {}", name, i)), quoted(name), i);
  }
  return statement;
}

std::string StreamFile::text() const {
  std::string text;
  for (const auto& row : rows) {
    if (with_operation) text += fmt::format("{},", row.operation);
    for (const auto& field : row.fields) text += (&field == row.fields.data() ? "" : ",") + field.file;
    text += '\n';
  }
  return text;
}

std::string stream_types_sql() {
  return "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
}

RandomStream random_stream(std::uint32_t seed) {
  Random random(seed);
  RandomStream stream;
  const auto tables = 1 + below(random, 3);
  std::size_t tick = 0;
  for (std::size_t t = 0; t < tables; ++t) {
    TableMaker maker(random, t);
    stream.tables.push_back(maker.table());
    const auto add = [&](const std::string& name, bool load, bool with_operation, std::size_t rows) {
      StreamFile file{t, fmt::format("dbo/{}/{}", maker.table().name, name), with_operation, {}};
      // A file of one bare column that may be empty would hold an empty line, which is no row.
      const bool narrow = !with_operation && maker.table().columns.size() == 1;
      for (std::size_t i = 0; i < rows; ++i) {
        file.rows.push_back(maker.row(load));
        if (narrow && file.rows.back().fields[0].file.empty()) file.rows.pop_back();
      }
      stream.files.push_back(std::move(file));
    };
    const auto loads = below(random, 3);
    const bool with_operation = chance(random, 50);
    for (std::size_t i = 0; i < loads; ++i)
      add(fmt::format("LOAD{:08X}.csv.gz", i + 1), true, with_operation, file_size(random) * 2);
    const auto changes = 2 + below(random, 7);
    for (std::size_t i = 0; i < changes; ++i)
      add(fmt::format("20990101-{:09}.csv.gz", tick += 1 + below(random, 3)), false, true, file_size(random));
    if (chance(random, 50)) tick = 0;  // the next table's files come in between this one's
  }
  return stream;
}

}  // namespace peo::test
