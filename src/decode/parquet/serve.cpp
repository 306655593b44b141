#include "decode/parquet/serve.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.hpp"
#include "decode/parquet/csv_rows.hpp"
#include "decode/parquet/frames.hpp"

namespace peo::parquet {
namespace {

void send_bytes(const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::write(response_fd, bytes, size);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) std::_Exit(1);  // the loader has ended
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

void send(FrameKind kind, std::string_view text = {}, std::uint64_t rows = 0) {
  const Frame frame{kind, static_cast<std::uint32_t>(text.size()), rows};
  send_bytes(reinterpret_cast<const char*>(&frame), sizeof frame);
  send_bytes(text.data(), text.size());
}

// Prevents writing files and core dumps, and bounds memory that DuckDB's own limit misses.
void limit_resources([[maybe_unused]] std::uint64_t memory_bytes) {
  const auto limit = [](auto what, rlim_t most) {
    const rlimit both{most, most};
    ::setrlimit(what, &both);
  };
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_DATA, 2 * memory_bytes + (rlim_t{256} << 20U));
#endif
}

// Ends the process with its parent: a long computation wouldn't notice that the loader has ended.
void end_with_the_loader() {
  std::thread([] {
    pollfd requests{.fd = request_fd, .events = 0, .revents = 0};
    while (::poll(&requests, 1, -1) < 0 && errno == EINTR) {
    }
    std::_Exit(0);
  }).detach();
}

// The first line of DuckDB's message; the rest shows the statement. The internal path is replaced.
std::string words(std::string_view text) {
  std::string line(text.substr(0, text.find('\n')));
  const std::string path = "/proc/self/fd/" + std::to_string(file_fd);
  for (auto at = line.find(path); at != std::string::npos; at = line.find(path))
    line.replace(at, path.size(), "object");
  return line;
}

void read_file(const duckdb::Api& api, std::uint64_t memory_bytes) {
  const std::string path = "/proc/self/fd/" + std::to_string(file_fd);
  try {
    Database database(api, memory_bytes, {path});
    csv_rows(
        database, path,
        [](std::string_view types, std::uint64_t rows) { send(FrameKind::Begin, types, rows); },
        [](std::string_view text, std::uint64_t rows) { send(FrameKind::Text, text, rows); });
    send(FrameKind::Done);
  } catch (const UnsupportedParquet& bad) {
    send(FrameKind::Unsupported, bad.what());
  } catch (const BadParquet& bad) {
    send(FrameKind::BadFile, bad.what());
  } catch (const QueryFailed& failed) {
    const std::string_view text = failed.what();
    send(text.starts_with("Out of Memory") ? FrameKind::OutOfMemory : FrameKind::BadFile, words(text));
  } catch (const std::bad_alloc&) {
    send(FrameKind::OutOfMemory, "out of memory");
  }
}

}  // namespace

bool is_serve_command(int argc, char** argv) {
  return argc == 4 && std::string_view(argv[1]) == serve_command;
}

int serve(int /*argc*/, char** argv) {
  std::uint64_t memory_bytes = 0;
  const std::string_view number = argv[3];
  std::from_chars(number.data(), number.data() + number.size(), memory_bytes);
  limit_resources(memory_bytes);
  end_with_the_loader();
  try {
    const auto& api = duckdb::Api::load(argv[2]);
    send(FrameKind::Ready, api.library_version());
    char request = 0;
    while (::read(request_fd, &request, 1) == 1) read_file(api, memory_bytes);
    return 0;
  } catch (const Error& error) {
    send(FrameKind::Configuration, error.describe());
  } catch (const std::exception& error) {
    send(FrameKind::BadFile, error.what());
  }
  return 1;
}

}  // namespace peo::parquet
