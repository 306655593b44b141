// A delivery: one file of the bucket that is to be loaded into the target. Plain values, shared by all parts.
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
std::string to_string(DeliveryKind kind);  // as in the ledger and the metrics: full_load, change

// An operator's request, in loader_requests.
struct Request {
  enum class Verb { Replay, Skip };
  std::uint64_t id = 0;
  Verb verb = Verb::Replay;
  std::string reason{};
};

// Why a file is due.
enum class Arrival {
  InOrder,    // it is the next one
  Late,       // it sorts before a loaded file
  Rewritten,  // a loaded change file with a new ETag: other bytes, or a copy of the same
  Reload,     // a file of a full load that replaces the loaded one
  Superseded  // a change file named before the loaded reload, which already includes its effects
};

// A table whose rows a transaction file may carry.
struct StreamTable {
  std::string table;                    // in the target
  std::string schema{};                 // as in the bucket's prefixes; empty: not known
  std::optional<SourceTable> source{};  // the name in its comment; none: the table's name
  std::optional<Time> snapshot{};       // of its reload, which includes the changes in files named until then
};

// A file that discover found and that is not in the ledger.
struct Delivery {
  ObjectInfo object;
  std::string schema;  // the first part of the prefix, as in the bucket: "dbo"
  std::string entity;  // the table in the target: "orders"; for a transaction file its prefix: "cdc/"
  // For a transaction file: the target's tables. Null: a file of one table.
  std::shared_ptr<const std::vector<StreamTable>> tables{};
  DeliveryKind kind = DeliveryKind::FullLoad;
  std::optional<Time> name_time;   // change files: the time in the name, as UTC
  std::uint64_t load_counter = 0;  // LOAD files: the hexadecimal counter
  int generation = 1;              // of the entity's full load
  Arrival arrival = Arrival::InOrder;
  int revision = 1;  // how many times the object was loaded in this generation, including this one
  std::optional<Request> request{};
  std::optional<ObjectInfo> manifest{};  // X.dfm next to X.csv, with metadata from its writer
  // The previous ledger entry of this key, if any: for a reload and a rewritten file.
  std::uint64_t previous_id = 0;
  std::string previous_sha256{};
  std::uint64_t loaded_as = 0;  // the delivery that loaded exactly these bytes; 0: none

  // The order within an entity: LOADs by counter, then changes by the time in the name; the key breaks ties.
  friend bool operator<(const Delivery& a, const Delivery& b) { return a.order() < b.order(); }

 private:
  std::tuple<bool, std::uint64_t, Time, const std::string&> order() const {
    return {kind == DeliveryKind::Change, load_counter, name_time.value_or(Time{}), object.key};
  }
};

// Statistics from reading a file: steps 2 to 4.
struct FileStats {
  std::uint64_t rows = 0;         // of the file
  std::uint64_t changes = 0;      // a row whose key changes is two
  std::uint64_t key_updates = 0;  // such rows
  // For a transaction file: the rows of each loaded table, and of ignored tables by their name in the file.
  std::map<std::string, std::uint64_t> rows_of{};
  std::map<std::string, std::uint64_t> ignored_rows{};
  std::uint64_t fetched_bytes = 0;  // of the object
  std::uint64_t decompressed_bytes = 0;
  std::string sha256{};                        // of the object's bytes, hexadecimal
  std::vector<std::string> ignored_columns{};  // columns that its table lacks
  // For a file with a header: the table's columns that it lacks, for display.
  std::optional<std::vector<std::string>> absent_columns{};
  double fetch_seconds = 0, decompress_seconds = 0, parse_seconds = 0;
};

// "left out: a, b"; nothing if no column was left out.
std::optional<std::string> ignored_columns_text(const FileStats& facts);

// What a delivery actually changed in one entity.
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

// By entity; contains only entities that changed.
using RowCountsByTable = std::map<std::string, RowCounts>;
RowCounts sum_of(const RowCountsByTable& stats);

// "orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}: an entity's part of to_json().
std::string counts_json(const std::string& entity, std::string_view amended, std::string_view created,
                        std::string_view removed);
// {"orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}}: the format of the log and of the message.
std::string to_json(const RowCountsByTable& stats);

// The source table of the file's prefix, "dbo/orders/"; none for a transaction file.
std::optional<SourceTable> source_of(const Delivery& delivery);

}  // namespace peo
