#include <fmt/format.h>

#include <map>

#include "base/error.hpp"
#include "decode/parse.hpp"
#include "fuzz/targets.hpp"
#include "support/pieces.hpp"

namespace peo::fuzz {
namespace {

// The first byte says what kind of file it is and how it is to be read.
decode::ParseOptions options_of(unsigned char choice) {
  decode::ParseOptions options{.kind = (choice & 1U) != 0 ? DeliveryKind::Change : DeliveryKind::FullLoad,
                               .entity = "t"};
  const auto columns = 1U + (choice >> 1U & 3U);
  for (unsigned i = 1; i <= columns; ++i) options.columns.push_back({fmt::format("c{}", i), i == 1});
  if ((choice & 8U) != 0) options.format.delimiter = "||";
  if ((choice & 16U) != 0) options.format.row_delimiter = "\r\n";
  if ((choice & 32U) != 0) options.format.quoting = false;
  if ((choice & 64U) != 0) options.format.null_tokens = {"\\N"};
  if ((choice & 128U) != 0) options.format.quoted_null = true;
  return options;
}

// The rows as text, or the refusal.
std::string read(std::string_view text, decode::ParseOptions options, std::size_t piece, std::size_t batch) {
  options.batch_bytes = batch;
  options.max_row_bytes = std::size_t{1} << 20U;
  test::Pieces stream(text, piece);
  decode::ChangeParser parser(stream, std::move(options));
  decode::ChangeBatch rows;
  std::map<std::uint64_t, std::string> in_order;  // a transaction file's tables come one after the other
  try {
    while (parser.next(rows)) {
      require(rows.fields.size() == rows.width * rows.rows.size(), "a batch with fields of no row");
      for (std::size_t i = 0; i < rows.rows.size(); ++i) {
        auto& out = in_order[rows.rows[i].number];
        require(out.empty(), "a number stands twice");
        require(text[rows.offset_of(i)] == rows.bytes[rows.rows[i].begin], "a row begins elsewhere");
        out = fmt::format("{} {}@{}", rows.entity, static_cast<char>(rows.rows[i].operation),
                          rows.rows[i].line);
        for (std::size_t k = 0; k < rows.width; ++k) {
          const auto& field = rows.row_fields(i)[k];
          require(field.begin + field.length <= rows.used, "a field outside of its batch");
          out += field.null != 0 ? std::string("|<null>")
                                 : fmt::format("|{}:{}", field.length, rows.text(field));
        }
        out += '\n';
      }
    }
    require(parser.bytes_out() == text.size(), "bytes were left over at the end");
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::BadDelivery || error.kind() == ErrorKind::Fatal,
            "a file was refused as something else than a bad delivery: " + error.describe());
    return error.describe();  // the rows before it come or not, as batches end; nothing of them stays
  }
  std::string all;
  for (const auto& [number, row] : in_order) all += row;
  for (const auto& [name, count] : parser.ignored_rows()) all += fmt::format("{} {}\n", name, count);
  return all;
}

void the_same_in_pieces(std::string_view input, const decode::ParseOptions& options) {
  const auto whole = read(input, options, input.size() + 1, 4096);
  for (const std::size_t piece : {1U, 2U, 7U}) {
    const auto cut = read(input, options, piece, piece * 8);
    require(cut == whole,
            fmt::format("read in pieces of {} bytes it is\n{}\nbut whole it is\n{}", piece, cut, whole));
  }
}

}  // namespace

void csv(std::string_view input) {
  if (input.empty()) return;
  const auto options = options_of(static_cast<unsigned char>(input.front()));
  input.remove_prefix(1);
  the_same_in_pieces(input, options);
}

// The first byte as above; the columns are those of t, u has one more.
void transactions(std::string_view input) {
  if (input.empty()) return;
  auto options = options_of(static_cast<unsigned char>(input.front()));
  input.remove_prefix(1);
  options.kind = DeliveryKind::Change;
  decode::ParseTable t{.entity = "t", .columns = std::move(options.columns)};
  decode::ParseTable u{.entity = "u", .columns = t.columns};
  u.columns.push_back({"more", false});
  options.tables =
      std::make_shared<const std::vector<decode::ParseTable>>(std::vector{std::move(t), std::move(u)});
  the_same_in_pieces(input, options);
}

}  // namespace peo::fuzz
