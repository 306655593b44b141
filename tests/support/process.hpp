// A child process of a test: started, watched, ended by its pid. Its output is collected in memory.
#pragma once
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peo::test {

struct ProcessOptions {
  std::map<std::string, std::string> environment;  // added to (or replacing) the test's own
  bool clear_environment = false;                  // start from PATH and HOME alone
  std::filesystem::path working_directory;
  std::optional<unsigned> user;                      // run as this user and group id (needs root)
  std::optional<std::filesystem::path> output_file;  // both streams go there instead of to memory
};

class Process {
 public:
  // arguments[0] is the program, found through PATH.
  explicit Process(std::vector<std::string> arguments, ProcessOptions options = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills and reaps what still runs

  int pid() const;
  void signal(int number);
  bool running();
  // Exit status, or 128 + signal. Throws when it takes longer.
  int wait(std::chrono::milliseconds timeout = std::chrono::minutes(2));
  // What was written so far.
  std::string out() const;
  std::string err() const;
  // Waits until standard error holds the text; false on timeout or when the process ends without it.
  bool wait_for_err(const std::string& text, std::chrono::milliseconds timeout = std::chrono::seconds(30));

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

struct Finished {
  int status = -1;
  std::string out, err;
};
Finished run(std::vector<std::string> arguments, ProcessOptions options = {},
             std::chrono::milliseconds timeout = std::chrono::minutes(2));

// A TCP port on 127.0.0.1 that was free a moment ago. Never the same twice in one process.
int free_port();
// True when something accepts connections there before the time is over.
bool wait_for_port(int port, std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace peo::test
