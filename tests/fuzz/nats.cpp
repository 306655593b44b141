#include "fuzz/targets.hpp"
#include "nats/nats_protocol.hpp"

namespace peo::fuzz {
namespace {

// All operations as one text, and how it ended.
std::string read_in_pieces(std::string_view input, std::size_t piece) {
  nats::NatsParser parser;
  std::string all;
  try {
    for (std::size_t at = 0; at < input.size(); at += piece) {
      parser.add(input.substr(at, piece));
      while (const auto one = parser.next()) {
        require(one->headers.size() + one->payload.size() <= nats::NatsParser::largest_message,
                "a message beyond the limit");
        all += std::to_string(static_cast<int>(one->kind)) + ' ' + one->text + ' ' + one->subject + ' ' +
               one->headers + ' ' + one->payload + '\n';
        if (one->kind == nats::NatsOperation::Kind::Info) (void)nats::read_info(one->text);
      }
    }
  } catch (const nats::NatsProtocolError&) {
    all += "refused";
  }
  return all;
}

}  // namespace

void nats(std::string_view input) {
  const auto whole = read_in_pieces(input, input.size() + 1);
  require(whole == read_in_pieces(input, 1), "the operations depend on the pieces that they come in");
}

}  // namespace peo::fuzz
