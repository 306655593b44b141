// A delivery: one file of the bucket on its way into the target. Plain values that every part shares.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/object.hpp"
#include "base/source_names.hpp"

namespace peo {

enum class DeliveryKind { FullLoad, Change };
std::string to_string(DeliveryKind kind);  // the ledger's and the metrics' word: full_load, change

// What an operator asked for: loader_requests.
struct Request {
  enum class Verb { Replay, Skip };
  std::uint64_t id = 0;
  Verb verb = Verb::Replay;
  std::string reason{};
};

// Why a file is due.
enum class Arrival {
  InOrder,    // it is the next one
  Late,       // its place is before one that is in
  Rewritten,  // a change file that is in, but has another ETag now: other bytes, or a copy of the same
  Reload,     // a file of a full load that takes the place of the one that is in
  Superseded  // a change file named before the reload that is in, which holds its effects already
};

// A table whose rows a transaction file may carry.
struct StreamTable {
  std::string table;                    // in the target
  std::string schema{};                 // as the bucket's folders have it; empty: not known
  std::optional<SourceTable> source{};  // what its comment calls it; none: its own name
  std::optional<Time> snapshot{};       // of its reload: what files named until then say of it is in already
};

// A file that discover found and the ledger doesn't have.
struct Delivery {
  ObjectInfo object;
  std::string schema;  // the folder above the table's, as it stands in the bucket: "dbo"
  std::string entity;  // the table in the target: "orders"; of a transaction file its folder: "cdc/"
  // Of a transaction file: those of the target. Null: a file of one table.
  std::shared_ptr<const std::vector<StreamTable>> tables{};
  DeliveryKind kind = DeliveryKind::FullLoad;
  std::optional<Time> name_time;   // change files: the time in the name, taken as UTC
  std::uint64_t load_counter = 0;  // LOAD files: the hexadecimal counter
  int generation = 1;              // of the entity's full load
  Arrival arrival = Arrival::InOrder;
  int revision = 1;  // how many times the object is taken in this generation, this one included
  std::optional<Request> request{};
  std::optional<ObjectInfo> manifest{};  // X.dfm beside X.csv: what its writer says of it
  // What the ledger has of this key from before, if anything: for a reload and a rewritten file.
  std::uint64_t previous_id = 0;
  std::string previous_sha256{};
  std::uint64_t loaded_as = 0;  // the delivery as which these very bytes were loaded; 0: they weren't

  // The order inside an entity: LOADs by counter, then changes by the time in the name; the key decides a
  // tie.
  friend bool operator<(const Delivery& a, const Delivery& b) { return a.order() < b.order(); }

 private:
  std::tuple<bool, std::uint64_t, Time, const std::string&> order() const {
    return {kind == DeliveryKind::Change, load_counter, name_time.value_or(Time{}), object.key};
  }
};

// What reading a file has shown: steps 2 to 4.
struct FileStats {
  std::uint64_t rows = 0;         // of the file
  std::uint64_t changes = 0;      // a row whose key changes is two
  std::uint64_t key_updates = 0;  // such rows
  // Of a transaction file: the rows of each table that it carries, and of those that were left alone, by
  // their name in the file.
  std::map<std::string, std::uint64_t> rows_of{};
  std::map<std::string, std::uint64_t> ignored_rows{};
  std::uint64_t fetched_bytes = 0;  // of the object
  std::uint64_t decompressed_bytes = 0;
  std::string sha256{};                        // of the object's bytes, hexadecimal
  std::vector<std::string> ignored_columns{};  // what it carries and its table has no column for
  // Of a file with a header: the table's columns that it doesn't carry, for people.
  std::optional<std::vector<std::string>> absent_columns{};
  double fetch_seconds = 0, decompress_seconds = 0, parse_seconds = 0;
};

// "left out: a, b"; nothing: nothing was.
std::optional<std::string> ignored_columns_text(const FileStats& facts);

// What a delivery truly changed in one entity.
struct RowCounts {
  std::uint64_t created = 0;
  std::uint64_t amended = 0;
  std::uint64_t removed = 0;
  bool any() const { return created + amended + removed != 0; }
  RowCounts& operator+=(const RowCounts& more) {
    created += more.created;
    amended += more.amended;
    removed += more.removed;
    return *this;
  }
  friend bool operator==(const RowCounts&, const RowCounts&) = default;
};

// By entity; holds only entities that changed.
using RowCountsByTable = std::map<std::string, RowCounts>;
RowCounts sum_of(const RowCountsByTable& stats);

// "orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}: an entity's part of what follows.
std::string counts_json(const std::string& entity, std::string_view amended, std::string_view created,
                        std::string_view removed);
// {"orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}}: the form of the log and of the message.
std::string to_json(const RowCountsByTable& stats);

// The table of the source whose prefix the file is in, "dbo/orders/"; of a transaction file nothing.
std::optional<SourceTable> source_of(const Delivery& delivery);

}  // namespace peo
