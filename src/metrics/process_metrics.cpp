#include "metrics/process_metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace peo::metrics {
namespace {

struct ProcessStat {
  double cpu_seconds = 0, start_seconds_after_boot = 0, virtual_bytes = 0, resident_bytes = 0;
};

// proc(5): the second field is the program's name in parentheses and may contain anything, so count from its
// end.
std::optional<ProcessStat> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  for (int field = 16; field < 22; ++field) fields >> skipped;
  double start = 0;
  double virtual_bytes = 0;
  double pages = 0;
  if (!(fields >> start >> virtual_bytes >> pages)) return std::nullopt;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return ProcessStat{(user + system) / ticks, start / ticks, virtual_bytes,
                     pages * static_cast<double>(::sysconf(_SC_PAGESIZE))};
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> open_files() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
  if (!directory) return std::nullopt;
  double count = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count - 1;  // without the directory itself, which is open now
}

std::optional<double> most_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {metric}};
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> list;
  const auto stat = read_stat();
  if (stat) {
    list.push_back(family("process_cpu_seconds_total", "User and system CPU time spent.", MetricType::Counter,
                          stat->cpu_seconds));
    list.push_back(
        family("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, stat->resident_bytes));
    list.push_back(
        family("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, stat->virtual_bytes));
  }
  if (const auto boot = boot_time(); stat && boot) {
    list.push_back(family("process_start_time_seconds", "When the process started, in Unix time.",
                          MetricType::Gauge, *boot + stat->start_seconds_after_boot));
  }
  if (const auto count = open_files())
    list.push_back(family("process_open_fds", "Open file descriptors.", MetricType::Gauge, *count));
  if (const auto most = most_files())
    list.push_back(family("process_max_fds", "Most open file descriptors.", MetricType::Gauge, *most));
  return list;
}

}  // namespace peo::metrics
