// Runs the loader's program with settings as environment variables, and reads its log.
//
// Without other words it runs once, serves no metrics, keeps nothing of this process's environment but PATH
// and HOME, and has a working directory that is empty and goes with the object.
//
//   const auto ran = run_loader({{"SOURCE", bucket.source()}, {"TARGET", database.conninfo()}});
//   EXPECT_EQ(ran.status, 0) << ran.err;
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

using LoaderSettings = std::map<std::string, std::string>;

struct LoaderCommand {
  std::string program;
  std::vector<std::string> arguments{};
};

// A loader that runs: a Process, with its working directory.
class RunningLoader {
 public:
  RunningLoader(const LoaderCommand& command, const LoaderSettings& settings);
  Process& process() { return *process_; }
  std::string log() const { return process_->err(); }
  const TempDir& working_directory() const { return directory_; }
  // True once the log holds the text.
  bool says(const std::string& text, std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    return process_->wait_for_err(text, timeout);
  }
  int stop(int signal);  // sends it and gives the exit status
  int kill();            // SIGKILL, as a crash would

 private:
  TempDir directory_;
  std::unique_ptr<Process> process_;
};

Finished run_loader(const LoaderCommand& command, const LoaderSettings& settings);

// A line of the log. Lines that don't have the promised form have no level.
struct LogLine {
  std::string level, place, text;
};
std::vector<LogLine> log_lines(const std::string& log);
std::vector<std::string> texts_of(const std::string& log, const std::string& level);

// What the log says of one delivery.
struct LoggedDelivery {
  std::uint64_t id = 0;
  std::string key;     // as logged: with the source's path
  std::string counts;  // the JSON after "persisted"
  friend bool operator==(const LoggedDelivery&, const LoggedDelivery&) = default;
};
std::ostream& operator<<(std::ostream& out, const LoggedDelivery& delivery);  // for a failed test
// In order; those without a result are left out. The words of a dry run count the same.
std::vector<LoggedDelivery> deliveries_in(const std::string& log);

}  // namespace peo::test
