// Reads Parquet files in a separate process (serve.hpp): steps 2 and 3 of a delivery for such a file.
//
// Parquet is read from its end, so an object is first copied to an unnamed temporary file in `directory`. The
// process is started for the first file and reads one file after the other; after an error it is terminated,
// and a new one is started for the next file. Errors: BadDelivery for a file that can't be read, whatever
// happens to the process; Fatal (78) when there is no usable library; Fatal (74) when the disk is full. One
// thread.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/cancellation.hpp"
#include "decode/parquet/frames.hpp"
#include "decode/parquet/options.hpp"

namespace peo::parquet {

class ParquetReader {
 public:
  // `stop` must outlive this.
  ParquetReader(ParquetOptions options, const Cancellation& stop);
  ParquetReader(const ParquetReader&) = delete;
  ParquetReader& operator=(const ParquetReader&) = delete;
  ~ParquetReader();

  // DuckDB's version, "v1.5.6". Starts the process.
  std::string version();

  // For ParquetStream: begin() makes the process read the object, next() returns its frames until Done;
  // receive_some() receives the text of one, types() returns those of Begin. An error ends the process;
  // `done`: the file was read to its end.
  void begin(ByteStream& object, std::uint64_t size);
  Frame next();
  const std::vector<std::string>& types() const { return types_; }
  std::size_t receive_some(char* bytes, std::size_t size);
  void finish(bool done);

 private:
  void start();
  void end();
  void spool(ByteStream& object, std::uint64_t size);
  void request();
  void receive(char* bytes, std::size_t size);
  std::string receive_text(std::uint32_t length);
  Frame receive_frame();
  [[noreturn]] void fail(const Frame& frame);

  ParquetOptions options_;
  const Cancellation& stop_;
  pid_t process_ = -1;
  int requests_ = -1, responses_ = -1, file_ = -1;
  std::string version_;
  std::vector<std::string> types_;
};

// The rows of one file as CSV (csv_rows.hpp). All must outlive this; one stream of a reader at a time.
class ParquetStream : public DecodedStream {
 public:
  ParquetStream(ParquetReader& reader, ByteStream& object, std::uint64_t object_bytes)
      : reader_(reader), object_(object), object_bytes_(object_bytes) {}
  ~ParquetStream() override;

  std::size_t read(std::span<char> buffer) override;
  // The object is copied at once, so this is its size times the share of rows received so far.
  std::uint64_t bytes_in() const override;
  std::vector<std::string> column_types() const override { return types_; }

 private:
  enum class State { Fresh, Open, Ended };

  ParquetReader& reader_;
  ByteStream& object_;
  std::uint64_t object_bytes_;
  std::uint64_t rows_ = 0, rows_come_ = 0;
  State state_ = State::Fresh;
  std::uint32_t left_ = 0;  // of the frame
  std::vector<std::string> types_;
};

// The lines of `text` that are known types of PostgreSQL, and an empty string for each other line: the
// process that sends them has read an untrusted file, and they become part of SQL.
std::vector<std::string> checked_types(std::string_view text);

}  // namespace peo::parquet
