// Steps 2 to 4 in a separate thread: fetches, decompresses and parses deliveries ahead of the one that is
// being applied, up to a limit in bytes.
//
// Deliveries are read in the given order, each to its end: call next() until it returns null, then finish(),
// then next() for the next delivery. next() throws an error of the reader at the delivery that it belongs to.
// To read a delivery again, create a new ParseAhead that begins with it. The destructor ends the thread.
#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.hpp"
#include "base/delivery.hpp"
#include "base/file_format.hpp"
#include "base/policies.hpp"
#include "base/table_columns.hpp"
#include "decode/change.hpp"
#include "decode/parquet/options.hpp"
#include "decode/parse.hpp"
#include "source/source.hpp"

namespace peo::parquet {
class ParquetReader;
}

namespace peo::loader {

struct ReadOptions {
  std::size_t read_ahead_bytes = std::size_t{16} * 1024 * 1024;
  std::size_t max_row_bytes = std::size_t{64} * 1024 * 1024;
  std::uint64_t max_inflate_ratio = 0;  // 0: unlimited
  bool keep_bad_rows = false;           // decode/parse.hpp
  FileFormat format{};
  ColumnLists columns{};
  SchemaDrift schema_drift = SchemaDrift::Stop;
  parquet::ParquetOptions parquet{};
};

class ParseAhead {
 public:
  using Columns = std::function<TableColumns(const std::string& entity)>;

  // `source` and `stop` must outlive this. `columns` returns the columns of an entity's table.
  ParseAhead(source::Source& source, std::vector<Delivery> deliveries, const Columns& columns,
             ReadOptions options, const Cancellation& stop);
  ~ParseAhead();
  ParseAhead(const ParseAhead&) = delete;
  ParseAhead& operator=(const ParseAhead&) = delete;

  // The current delivery's next batch; valid until the next call. Null at the delivery's end.
  const decode::ChangeBatch* next();
  // At its end: the statistics of reading it. Continues with the next delivery.
  FileStats finish();

 private:
  struct Item {  // a batch, a delivery's end, or an error
    std::unique_ptr<decode::ChangeBatch> batch;
    std::optional<FileStats> facts;
    std::exception_ptr error;
    std::size_t bytes = 0;
  };

  void work();
  using SharedOptions = std::shared_ptr<const decode::ParseOptions>;
  void read(const Delivery& delivery, decode::ParseOptions how, parquet::ParquetReader& parquet);
  SharedOptions how_to_read(const Delivery& delivery, const Columns& columns);
  std::unique_ptr<decode::ChangeBatch> spare();
  bool push(Item item);  // false: the reader is being destroyed

  source::Source& source_;
  std::vector<Delivery> deliveries_;
  // One for each delivery, shared by those of an entity: with many waiting files, the names of their columns
  // would use most of the memory.
  std::vector<SharedOptions> how_;
  std::map<std::string, SharedOptions> how_by_entity_;
  ReadOptions options_;
  const Cancellation& stop_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::vector<std::unique_ptr<decode::ChangeBatch>> spare_;
  std::size_t waiting_bytes_ = 0;
  bool ended_ = false;

  Item current_;
  std::thread thread_;
};

}  // namespace peo::loader
