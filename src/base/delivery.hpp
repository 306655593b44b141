// A delivery: one file of the bucket on its way into the target. Plain values that every part shares.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/object.hpp"

namespace peo {

enum class DeliveryKind { FullLoad, Change };

// A file that discover found and the ledger doesn't have.
struct FoundDelivery {
  ObjectInfo object;
  std::string schema;  // the folder above the table's, as it stands in the bucket: "dbo"
  std::string entity;  // the table in the target: "orders"
  DeliveryKind kind = DeliveryKind::FullLoad;
  std::optional<Time> name_time;   // change files: the time in the name, taken as UTC
  std::uint64_t load_counter = 0;  // LOAD files: the hexadecimal counter
  int generation = 1;              // of the entity's full load

  // The order inside an entity: LOADs by counter, then changes by the time in the name; the key decides a
  // tie.
  friend bool operator<(const FoundDelivery& a, const FoundDelivery& b) { return a.order() < b.order(); }

 private:
  std::tuple<bool, std::uint64_t, Time, const std::string&> order() const {
    return {kind == DeliveryKind::Change, load_counter, name_time.value_or(Time{}), object.key};
  }
};

// What reading a file has shown: steps 2 to 4.
struct ReadFacts {
  std::uint64_t rows = 0;           // of the file
  std::uint64_t changes = 0;        // a row whose key changes is two
  std::uint64_t fetched_bytes = 0;  // of the object
  std::uint64_t decompressed_bytes = 0;
  std::string sha256{};  // of the object's bytes, hexadecimal
  double fetch_seconds = 0, decompress_seconds = 0, parse_seconds = 0;
};

// What a delivery truly changed in one entity.
struct Effects {
  std::uint64_t created = 0;
  std::uint64_t amended = 0;
  std::uint64_t removed = 0;
  bool any() const { return created + amended + removed != 0; }
  friend bool operator==(const Effects&, const Effects&) = default;
};

// By entity; holds only entities that changed.
using Stats = std::map<std::string, Effects>;

// {"orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}}: the form of the log and of the message.
std::string to_json(const Stats& stats);

}  // namespace peo
