#include "target/copy/sort_key.hpp"

#include <algorithm>
#include <array>

#include "target/copy/encode/bytes.hpp"

namespace peo::target {
namespace {

constexpr std::size_t most_parts = 32;  // PostgreSQL's own limit for a key

// Parts of a key are concatenated. A part of variable length ends with two zero bytes, and a zero byte in it
// is followed by FF: so a shorter value sorts before a longer one that begins with it, and no two keys have
// the same bytes.
void append_ended(std::string_view value, std::string& key) {
  for (const char byte : value) {
    key += byte;
    if (byte == '\0') key += '\xFF';
  }
  key.append(2, '\0');
}

}  // namespace

std::optional<SortKey::Form> SortKey::form_of(const Column& column) {
  const auto& type = column.base_type;
  const bool limited = (column.domain_base.empty() ? column.type : column.domain_base) != column.plain_type;
  const auto is_one_of = [&](auto... names) { return ((type == names) || ...); };
  if (column.is_array || column.kind != 'b' || !column.deterministic) return std::nullopt;
  if (is_one_of("int2", "int4", "int8", "date")) return Form::Signed;
  if (is_one_of("timestamp", "timestamptz") && !limited) return Form::Signed;
  if (is_one_of("uuid", "bool", "bytea")) return Form::Bytes;
  if (is_one_of("text", "varchar")) return limited ? Form::LimitedText : Form::Text;
  if (type == "bpchar") return Form::Padded;
  return std::nullopt;
}

std::optional<SortKey> SortKey::of(const Table& table, std::size_t before) {
  SortKey key;
  std::vector<std::pair<int, Part>> parts;
  for (std::size_t k = 0; k < table.columns.size(); ++k) {
    const auto& column = table.columns[k];
    if (column.key_position == 0) continue;
    const auto form = form_of(column);
    if (!form) return std::nullopt;
    parts.emplace_back(column.key_position, Part{before + k, *form});
    key.last_ = std::max(key.last_, before + k);
  }
  if (parts.empty() || parts.size() > most_parts) return std::nullopt;
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [position, part] : parts) key.parts_.push_back(part);
  return key;
}

bool SortKey::append(Form form, std::string_view value, std::string& key) {
  switch (form) {
    case Form::Signed:
      key += value;
      key[key.size() - value.size()] ^= '\x80';  // two's complement: negative values sort first
      return true;
    case Form::Bytes:
    case Form::Text:
      append_ended(value, key);
      return true;
    case Form::LimitedText:
      if (value.ends_with(' ')) return false;  // the server cuts spaces beyond the limit
      append_ended(value, key);
      return true;
    case Form::Padded:
      while (value.ends_with(' ')) value.remove_suffix(1);  // bpchar ignores them in comparisons
      append_ended(value, key);
      return true;
  }
  return false;
}

bool SortKey::read(std::string_view row, std::string& key) const {
  std::array<std::string_view, most_parts> values{};
  const char* at = row.data() + sizeof(std::uint16_t);
  for (std::size_t field = 0; field <= last_; ++field) {
    const auto length = static_cast<std::int32_t>(encode::big_endian(encode::load4(at)));
    at += sizeof length;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].field != field) continue;
      // NULL, which no key may have; the server reports it.
      if (length < 0) return false;
      values[i] = {at, static_cast<std::size_t>(length)};
    }
    if (length > 0) at += length;
  }
  key.clear();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!append(parts_[i].form, values[i], key)) return false;
  }
  return true;
}

}  // namespace peo::target
