// Parquet files as other writers make them: physical types and annotations that DuckDB reads but never
// writes.
//
// One row group, required columns, PLAIN, uncompressed. The footer and page headers are Thrift structures in
// the compact protocol: https://github.com/apache/parquet-format, src/main/thrift/parquet.thrift.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace peo::test {

namespace physical {
enum Type { Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLength };
}
namespace converted {
enum Type { Utf8 = 0, Decimal = 5, Date, TimeMillis, TimeMicros, TimestampMillis, TimestampMicros };
}

struct PlainColumn {
  std::string name;
  physical::Type type{};
  std::string values{};  // PLAIN
  std::optional<converted::Type> annotation{};
  int length = 0;  // of FixedLength
  int precision = 0, scale = 0;
};

// A value in PLAIN encoding: little-endian, as many bytes as its type has.
template <class Number>
requires std::is_arithmetic_v<Number> std::string plain(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}
// Of ByteArray.
inline std::string plain(std::string_view bytes) {
  return plain(static_cast<std::uint32_t>(bytes.size())) + std::string(bytes);
}
// Nanoseconds of the day, then the Julian day.
inline std::string int96(std::int64_t nanoseconds, std::int32_t julian_day) {
  return plain(nanoseconds) + plain(julian_day);
}

// Fields of a Thrift structure, in the order of their numbers.
class ThriftStruct {
 public:
  ThriftStruct& i32(int field, std::int64_t number) { return integer(field, 5, number); }
  ThriftStruct& i64(int field, std::int64_t number) { return integer(field, 6, number); }
  ThriftStruct& text(int field, std::string_view value) {
    begin(field, 8);
    bytes_ += string(value);
    return *this;
  }
  ThriftStruct& structure(int field, const ThriftStruct& value) {
    begin(field, 12);
    bytes_ += value.bytes();
    return *this;
  }
  // Fewer than 15 elements: 5 = i32, 8 = string, 12 = structure.
  ThriftStruct& list(int field, int type, const std::vector<std::string>& elements) {
    begin(field, 9);
    bytes_ += static_cast<char>(elements.size() << 4U | static_cast<unsigned>(type));
    for (const auto& element : elements) bytes_ += element;
    return *this;
  }
  std::string bytes() const { return bytes_ + '\0'; }

  static std::string zigzag(std::int64_t number) {
    return variable((static_cast<std::uint64_t>(number) << 1U) ^ static_cast<std::uint64_t>(number >> 63));
  }
  static std::string string(std::string_view value) { return variable(value.size()) + std::string(value); }

 private:
  static std::string variable(std::uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7U) bytes += static_cast<char>(number | 0x80U);
    return bytes + static_cast<char>(number);
  }
  ThriftStruct& integer(int field, int type, std::int64_t number) {
    begin(field, type);
    bytes_ += zigzag(number);
    return *this;
  }
  void begin(int field, int type) {
    bytes_ += static_cast<char>((field - last_) << 4 | type);
    last_ = field;
  }

  std::string bytes_;
  int last_ = 0;
};

inline ThriftStruct schema_element(const PlainColumn& column) {
  ThriftStruct element;
  element.i32(1, column.type);
  if (column.length != 0) element.i32(2, column.length);
  element.i32(3, 0).text(4, column.name);  // 3: required
  if (column.annotation) element.i32(6, *column.annotation);
  if (column.precision != 0) element.i32(7, column.scale).i32(8, column.precision);
  return element;
}

inline std::string plain_parquet(const std::vector<PlainColumn>& columns, std::int64_t rows) {
  std::string file = "PAR1";
  std::vector<std::string> schema{
      ThriftStruct().text(4, "schema").i32(5, static_cast<std::int64_t>(columns.size())).bytes()};
  std::vector<std::string> chunks;
  for (const auto& column : columns) {
    const auto size = static_cast<std::int64_t>(column.values.size());
    const auto offset = static_cast<std::int64_t>(file.size());
    const ThriftStruct page = ThriftStruct().i32(1, rows).i32(2, 0).i32(3, 3).i32(4, 3);
    const auto header = ThriftStruct().i32(1, 0).i32(2, size).i32(3, size).structure(5, page).bytes();
    file += header + column.values;
    const auto length = static_cast<std::int64_t>(header.size()) + size;
    const ThriftStruct facts = ThriftStruct()
                                   .i32(1, column.type)
                                   .list(2, 5, {ThriftStruct::zigzag(0)})
                                   .list(3, 8, {ThriftStruct::string(column.name)})
                                   .i32(4, 0)
                                   .i64(5, rows)
                                   .i64(6, length)
                                   .i64(7, length)
                                   .i64(9, offset);
    chunks.push_back(ThriftStruct().i64(2, offset).structure(3, facts).bytes());
    schema.push_back(schema_element(column).bytes());
  }
  const auto group = ThriftStruct()
                         .list(1, 12, chunks)
                         .i64(2, static_cast<std::int64_t>(file.size()) - 4)
                         .i64(3, rows)
                         .bytes();
  const auto footer = ThriftStruct().i32(1, 1).list(2, 12, schema).i64(3, rows).list(4, 12, {group}).bytes();
  return file + footer + plain(static_cast<std::uint32_t>(footer.size())) + "PAR1";
}

}  // namespace peo::test
