#include "embedded/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/error.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace peo::embedded {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> clean_environment() {
  std::vector<std::string> list{"LC_ALL=C", "HOME=/", "PATH=/usr/local/bin:/usr/bin:/bin"};
  if (const char* zone = std::getenv("TZ"); zone != nullptr) list.push_back(std::string("TZ=") + zone);
  return list;
}

// For psql: without the variables that contain secrets.
std::vector<std::string> own_environment() {
  std::vector<std::string> list;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto begins = [&](auto... names) { return (text.starts_with(names) || ...); };
    if (!begins("SOURCE", "TARGET", "NATS", "AWS_")) list.emplace_back(text);
  }
  return list;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Sets up the child before exec; async-signal-safe. Returns the name of the step that failed, or null.
const char* prepare(const ChildOptions& options, pid_t parent, int error_pipe) {
  reset_signals();
  if (options.output >= 0 && (::dup2(options.output, 1) < 0 || ::dup2(options.output, 2) < 0)) return "dup2";
  if (options.detached) {
    ::setsid();
    ::umask(077);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::chdir("/") != 0) return "setting up";
    // The child must not keep this process's sockets and locks open.
    if (error_pipe > 3) ::close_range(3, static_cast<unsigned>(error_pipe) - 1, 0);
    ::close_range(static_cast<unsigned>(error_pipe) + 1, ~0U, 0);
  }
  if (options.account && is_other(*options.account) && !switch_to(*options.account))
    return "changing the user";
  if (options.parent_death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, options.parent_death_signal);
    if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
  }
  return nullptr;
}

struct Failure {
  int error = 0;
  char what[32]{};
};

[[noreturn]] void run(const std::vector<char*>& arguments, const std::vector<char*>& environment,
                      const ChildOptions& options, pid_t parent, int error_pipe) {
  const char* what = prepare(options, parent, error_pipe);
  if (what == nullptr) {
    ::execvpe(arguments[0], arguments.data(), environment.data());
    what = "exec";
  }
  Failure failure;
  failure.error = errno;
  std::strncpy(failure.what, what, sizeof failure.what - 1);
  [[maybe_unused]] const auto written = ::write(error_pipe, &failure, sizeof failure);
  ::_exit(127);
}

}  // namespace

pid_t start_child(std::vector<std::string> arguments, const ChildOptions& options) {
  auto variables = options.detached ? clean_environment() : own_environment();
  const auto environment = pointers(variables);
  const auto argument_pointers = pointers(arguments);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::internal("pipe failed");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) run(argument_pointers, environment, options, parent, ends[1]);
  ::close(ends[1]);
  Failure failure;
  ssize_t got = 0;
  while (child > 0 && (got = ::read(ends[0], &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  ::close(ends[0]);
  if (child < 0) throw Error::internal("fork failed");
  if (got == sizeof failure) {
    ::waitpid(child, nullptr, 0);
    throw Error::local_io(
        fmt::format("can't start {}: {}: {}", arguments[0], failure.what, std::strerror(failure.error)));
  }
  return child;
}

std::optional<int> ended(pid_t child) {
  int status = 0;
  const pid_t got = ::waitpid(child, &status, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return std::nullopt;
  if (got < 0) return 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool alive(pid_t pid) {
  if (pid <= 0 || (::kill(pid, 0) != 0 && errno == ESRCH)) return false;
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');  // the name may contain any character
  return name_end == std::string::npos || name_end + 2 >= text.size() ||
         (text[name_end + 2] != 'Z' && text[name_end + 2] != 'X');
}

}  // namespace peo::embedded
