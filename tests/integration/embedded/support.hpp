// What the tests of the embedded server share.
#pragma once
#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "embedded/embedded_postgres.hpp"
#include "support/database.hpp"
#include "support/postgres_server.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

using embedded::EmbeddedOptions;

// With the server that PEO_TEST_POSTGRES names; without it, the programs are searched, as they are for users.
inline EmbeddedOptions with_test_server(EmbeddedOptions options = {}) {
  if (options.programs.empty() && std::getenv("PEO_TEST_POSTGRES") != nullptr)
    options.programs = postgres_bin();
  return options;
}

class EmbeddedPostgres : public embedded::EmbeddedPostgres {
 public:
  EmbeddedPostgres(const std::filesystem::path& directory, const Cancellation& stop,
                   EmbeddedOptions options = {})
      : embedded::EmbeddedPostgres(directory, stop, with_test_server(std::move(options))) {}
  static std::unique_ptr<embedded::EmbeddedPostgres> temporary(const Cancellation& stop) {
    return embedded::EmbeddedPostgres::temporary(stop, with_test_server());
  }
};

inline std::string ask(const embedded::EmbeddedPostgres& server, const std::string& sql) {
  return Database(server.conninfo()).value(sql);
}

// The processes that stand somewhere below a directory.
inline std::vector<pid_t> processes_in(const std::filesystem::path& directory) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());  // NOLINT(cert-err34-c)
    const auto where = std::filesystem::read_symlink(entry.path() / "cwd", error).string();
    if (pid > 0 && !error && where.starts_with(directory.string() + "/")) found.push_back(pid);
  }
  return found;
}

inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// A loader in a process of its own that can be killed. It has done `work` once the constructor returns and
// then waits for its end.
class Loader {
 public:
  explicit Loader(const std::function<void()>& work, bool wait_for_work = true) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    pid_ = ::fork();
    if (pid_ == 0) {
      char done = 'y';
      try {
        work();
      } catch (const std::exception& error) {
        ::fprintf(stderr, "%s\n", error.what());
        done = 'n';
      }
      [[maybe_unused]] const auto written = ::write(ends[1], &done, 1);
      while (true) ::pause();
    }
    ::close(ends[1]);
    char done = 'n';
    if (wait_for_work && (::read(ends[0], &done, 1) != 1 || done != 'y')) {
      kill();
      throw std::runtime_error("the other loader failed");
    }
    ::close(ends[0]);
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

}  // namespace peo::test
