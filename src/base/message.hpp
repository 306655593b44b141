// A message to subscribers: written to the outbox with a delivery's changes, published after the commit.
#pragma once
#include <cstdint>
#include <string>

namespace peo {

struct Message {
  std::uint64_t delivery_id = 0;
  std::uint64_t position = 0;  // position in the outbox: 1, 2, 3, …
  std::string id;              // unique across all targets: "<target's uuid>-<delivery_id>"
  std::string subject;
  std::string payload;
};

}  // namespace peo
