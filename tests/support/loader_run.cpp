#include "support/loader_run.hpp"

#include <cstdlib>
#include <ostream>
#include <regex>
#include <sstream>

namespace peo::test {

RunningLoader::RunningLoader(const LoaderCommand& command, const LoaderSettings& settings) {
  ProcessOptions options;
  options.clear_environment = true;
  options.environment = {{"RUN_AS_SERVICE", "False"}, {"METRICS_ADDRESS", ""}, {"RETRY_SECONDS", "20"}};
  // The embedded PostgreSQL is of the version that is tested, too.
  if (const char* const programs = std::getenv("PEO_TEST_POSTGRES"))
    options.environment["PG_BINDIR"] = programs;
  for (const auto& [name, value] : settings) options.environment[name] = value;
  options.working_directory = directory_.path();
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  process_ = std::make_unique<Process>(std::move(arguments), std::move(options));
}

int RunningLoader::stop(int signal) {
  process_->signal(signal);
  return process_->wait(std::chrono::seconds(60));
}

int RunningLoader::kill() { return stop(SIGKILL); }

Finished run_loader(const LoaderCommand& command, const LoaderSettings& settings) {
  RunningLoader loader(command, settings);
  Finished finished;
  finished.status = loader.process().wait(std::chrono::minutes(3));
  finished.out = loader.process().out();
  finished.err = loader.log();
  return finished;
}

std::vector<LogLine> log_lines(const std::string& log) {
  static const std::regex form(
      R"((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (DEBUG|INFO|WARNING|ERROR) \[([a-z_0-9]+\.cpp:\d+)\]: (.*))");
  std::vector<LogLine> lines;
  std::istringstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    std::smatch parts;
    if (std::regex_match(line, parts, form)) {
      lines.push_back({parts[2], parts[3], parts[4]});
    } else {
      lines.push_back({"", "", line});
    }
  }
  return lines;
}

std::vector<std::string> texts_of(const std::string& log, const std::string& level) {
  std::vector<std::string> texts;
  for (const auto& line : log_lines(log)) {
    if (line.level == level) texts.push_back(line.text);
  }
  return texts;
}

std::ostream& operator<<(std::ostream& out, const LoggedDelivery& delivery) {
  return out << delivery.id << ' ' << delivery.key << ' ' << delivery.counts;
}

std::vector<LoggedDelivery> deliveries_in(const std::string& log) {
  static const std::regex begin(R"(Delivery (\d+): process_\S+ (.*)\.)");
  static const std::regex end(R"(Delivery (\d+): (?:persisted|dry run, would persist) (\{.*\})\.)");
  std::vector<LoggedDelivery> deliveries;
  std::map<std::string, std::string> keys;
  for (const auto& line : log_lines(log)) {
    std::smatch parts;
    if (std::regex_match(line.text, parts, begin)) {
      keys[parts[1]] = parts[2];
    } else if (std::regex_match(line.text, parts, end)) {
      deliveries.push_back({std::stoull(parts[1]), keys[parts[1]], parts[2]});
    }
  }
  return deliveries;
}

}  // namespace peo::test
