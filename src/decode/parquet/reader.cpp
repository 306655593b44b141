#include "decode/parquet/reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file_error.hpp"
#include "base/file_format.hpp"
#include "base/unnamed_file.hpp"
#include "decode/parquet/duckdb_library.hpp"

namespace peo::parquet {
namespace {

const char* const bad_file_hint =
    "Compare the object with its source; nothing from it was loaded. If other programs can read it, please "
    "report this as a bug.";
const char* const unsupported_hint =
    "Remove the column from the replication task, or write it as text; nothing from the file was loaded.";

void close_file(int& file) {
  if (file >= 0) ::close(std::exchange(file, -1));
}

int open_copy(const std::filesystem::path& directory) {
  make_directories(directory);
  const int file = open_unnamed_file(directory);
  if (file < 0) throw file_error(errno, "can't create a temporary file in " + directory.string());
  return file;
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw Error::local_io("can't create a pipe", "Raise ulimit -n.");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (int& end : ends) close_file(end);
  }
};

struct Spawn {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  Spawn() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
};

// Inherits nothing: no environment, no other files, no signal handlers. In its own process group, so that
// Ctrl-C on the terminal reaches only the loader.
pid_t spawn(const std::string& program, const std::string& library, std::uint64_t memory_bytes, int requests,
            int responses, int file) {
  Spawn how;
  ::posix_spawn_file_actions_adddup2(&how.files, requests, request_fd);
  ::posix_spawn_file_actions_adddup2(&how.files, responses, response_fd);
  ::posix_spawn_file_actions_adddup2(&how.files, file, file_fd);
  ::posix_spawn_file_actions_addopen(&how.files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&how.files, file_fd + 1);
  sigset_t signals;
  sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&how.attributes, &signals);
  sigfillset(&signals);
  ::posix_spawnattr_setsigdefault(&how.attributes, &signals);
  ::posix_spawnattr_setpgroup(&how.attributes, 0);
  ::posix_spawnattr_setflags(&how.attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> texts{"paper-engine-orders", serve_command, library, std::to_string(memory_bytes)};
  std::vector<char*> arguments;
  arguments.reserve(texts.size() + 1);
  for (auto& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  std::array<char*, 1> environment{};
  pid_t process = -1;
  const int error = ::posix_spawn(&process, program.c_str(), &how.files, &how.attributes, arguments.data(),
                                  environment.data());
  if (error != 0)
    throw Error::local_io(fmt::format("can't start the process that reads Parquet files: {}",
                                      std::generic_category().message(error)));
  return process;
}

std::string end_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    return fmt::format("was terminated by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exited with status {}", WEXITSTATUS(status));
}

}  // namespace

ParquetReader::ParquetReader(ParquetOptions options, const Cancellation& stop)
    : options_(std::move(options)), stop_(stop) {}

ParquetReader::~ParquetReader() {
  end();
  close_file(file_);
}

std::string ParquetReader::version() {
  start();
  return version_;
}

void ParquetReader::start() {
  if (process_ > 0) return;
  const auto library = find_duckdb(options_.library);
  if (library.empty()) throw Error::configuration(missing_duckdb(options_.library), no_parquet_hint);
  if (file_ < 0) file_ = open_copy(options_.directory);
  Pipe requests;
  Pipe responses;
  process_ =
      spawn(options_.program, library, options_.memory_bytes, requests.ends[0], responses.ends[1], file_);
  requests_ = std::exchange(requests.ends[1], -1);
  responses_ = std::exchange(responses.ends[0], -1);
  // Only the process has the write end, so end-of-file means that it has ended.
  close_file(responses.ends[1]);
  constexpr int pipe_bytes = 1 << 20;  // reduces context switches; a smaller size works too
  ::fcntl(responses_, F_SETPIPE_SZ, pipe_bytes);
  const auto frame = receive_frame();
  if (frame.kind != FrameKind::Ready) fail(frame);
  version_ = receive_text(frame.length);
}

void ParquetReader::end() {
  close_file(requests_);
  close_file(responses_);
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  end_of(std::exchange(process_, -1));
}

void ParquetReader::spool(ByteStream& object, std::uint64_t size) {
  if (size > options_.max_bytes)
    throw Error::bad_file(
        fmt::format("the Parquet file has {} bytes; the limit is {}", size, options_.max_bytes),
        "Raise MAX_PARQUET_BYTES if DATA_DIR has enough space.");
  if (file_ < 0) file_ = open_copy(options_.directory);
  const auto check = [&](bool good) {
    if (good) return;
    auto error = file_error(errno, "can't write a temporary file in " + options_.directory.string());
    error.advise("Parquet files are copied to DATA_DIR before they are read.");
    throw Error(error);
  };
  check(::ftruncate(file_, 0) == 0);
  std::vector<char> buffer(std::size_t{256} * 1024);
  off_t at = 0;
  while (const auto got = object.read(buffer)) {
    for (std::size_t done = 0; done < got;) {
      const ssize_t wrote = ::pwrite(file_, buffer.data() + done, got - done, at);
      if (wrote < 0 && errno == EINTR) continue;
      check(wrote >= 0);
      done += static_cast<std::size_t>(wrote);
      at += wrote;
    }
  }
}

void ParquetReader::request() {
  const char any = 'r';
  while (::write(requests_, &any, 1) < 0) {
    if (errno != EINTR) break;  // the process has ended: receive() reports how
  }
}

std::size_t ParquetReader::receive_some(char* bytes, std::size_t size) {
  constexpr std::chrono::milliseconds slice{500};
  auto waited = std::chrono::milliseconds(0);
  pollfd responses{.fd = responses_, .events = POLLIN, .revents = 0};
  while (true) {
    const int ready = ::poll(&responses, 1, static_cast<int>(slice.count()));
    if (ready > 0) {
      const ssize_t got = ::read(responses_, bytes, size);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got < 0 && errno == EINTR) continue;
      close_file(requests_);
      close_file(responses_);
      throw Error::bad_file(fmt::format("the process that reads the Parquet file with DuckDB {}",
                                        end_of(std::exchange(process_, -1))),
                            bad_file_hint);
    }
    if (stop_.asked_for() > Cancellation::grace) throw Error::retry("stopped while reading a file");
    if (ready == 0) waited += slice;
    if (waited < options_.timeout) continue;
    throw Error::bad_file(fmt::format("reading the Parquet file returned no data for {} seconds",
                                      std::chrono::ceil<std::chrono::seconds>(waited).count()),
                          bad_file_hint);
  }
}

void ParquetReader::receive(char* bytes, std::size_t size) {
  while (size > 0) {
    const auto got = receive_some(bytes, size);
    bytes += got;
    size -= got;
  }
}

std::string ParquetReader::receive_text(std::uint32_t length) {
  std::string text(length, '\0');
  receive(text.data(), text.size());
  return text;
}

Frame ParquetReader::receive_frame() {
  Frame frame;
  receive(reinterpret_cast<char*>(&frame), sizeof frame);
  return frame;
}

void ParquetReader::fail(const Frame& frame) {
  const auto text = printable_line(shortened(receive_text(frame.length), 2000));
  end();
  if (frame.kind == FrameKind::Configuration) throw Error::configuration(text);
  const auto* hint = bad_file_hint;
  if (frame.kind == FrameKind::OutOfMemory) hint = "Raise PARQUET_MEMORY_BYTES if the file is correct.";
  if (frame.kind == FrameKind::Unsupported) hint = unsupported_hint;
  throw Error::bad_delivery("the Parquet file can't be read: " + text, hint)
      .without_values("the Parquet file can't be read");
}

void ParquetReader::begin(ByteStream& object, std::uint64_t size) {
  spool(object, size);
  start();
  request();
}

Frame ParquetReader::next() {
  auto frame = receive_frame();
  if (frame.kind != FrameKind::Begin && frame.kind != FrameKind::Text && frame.kind != FrameKind::Done)
    fail(frame);
  constexpr std::uint32_t most_bytes_of_types = 1U << 20U;
  if (frame.kind == FrameKind::Begin && frame.length <= most_bytes_of_types)
    types_ = checked_types(receive_text(std::exchange(frame.length, 0)));
  return frame;
}

void ParquetReader::finish(bool done) {
  if (!done) end();
  if (file_ >= 0 && ::ftruncate(file_, 0) != 0) close_file(file_);
}

std::vector<std::string> checked_types(std::string_view text) {
  static constexpr std::array<std::string_view, 17> known{"boolean",
                                                          "smallint",
                                                          "integer",
                                                          "bigint",
                                                          "numeric",
                                                          "real",
                                                          "double precision",
                                                          "uuid",
                                                          "time without time zone",
                                                          "time with time zone",
                                                          "date",
                                                          "timestamp without time zone",
                                                          "timestamp with time zone",
                                                          "bytea",
                                                          "interval",
                                                          "text",
                                                          ""};
  const auto is_decimal = [](std::string_view type) {
    constexpr std::string_view begin = "numeric(";
    return type.starts_with(begin) && type.ends_with(")") && type.size() <= begin.size() + 6 &&
           type.substr(begin.size(), type.size() - begin.size() - 1).find_first_not_of("0123456789,") ==
               std::string_view::npos;
  };
  std::vector<std::string> types;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool good = is_decimal(line) || std::ranges::find(known, line) != known.end();
    types.emplace_back(good ? line : "");
  }
  return types;
}

ParquetStream::~ParquetStream() {
  if (state_ != State::Fresh) reader_.finish(state_ == State::Ended);
}

std::uint64_t ParquetStream::bytes_in() const {
  if (rows_come_ >= rows_) return state_ == State::Fresh ? 0 : object_bytes_;
  // Includes the partially received row: a file may consist of a single long one.
  const auto share = static_cast<double>(rows_come_ + 1) / static_cast<double>(rows_);
  return static_cast<std::uint64_t>(share * static_cast<double>(object_bytes_));
}

std::size_t ParquetStream::read(std::span<char> buffer) {
  if (state_ == State::Fresh) {
    state_ = State::Open;
    reader_.begin(object_, object_bytes_);
  }
  while (left_ == 0 && state_ == State::Open) {
    const auto frame = reader_.next();
    if (frame.kind == FrameKind::Begin) {
      rows_ = frame.rows;
      types_ = reader_.types();
    }
    if (frame.kind == FrameKind::Text) rows_come_ = frame.rows;
    if (frame.kind == FrameKind::Done) state_ = State::Ended;
    left_ = frame.length;
  }
  if (left_ == 0) return 0;
  const auto got = reader_.receive_some(buffer.data(), std::min<std::size_t>(buffer.size(), left_));
  left_ -= static_cast<std::uint32_t>(got);
  return got;
}

}  // namespace peo::parquet
