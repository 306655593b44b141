#include "support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace peo::test {

using std::chrono::steady_clock;

struct Process::Inner {
  pid_t pid = -1;
  std::optional<int> status;
  mutable std::mutex mutex;
  std::string out, err;
  std::thread out_reader, err_reader;

  void read_into(int fd, std::string& text) const {
    char buffer[8192];
    ssize_t got = 0;
    while ((got = ::read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR)) {
      const std::lock_guard lock(mutex);
      if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(fd);
  }

  bool reap(bool block) {
    if (status) return true;
    int raw = 0;
    const pid_t got = ::waitpid(pid, &raw, block ? 0 : WNOHANG);
    if (got != pid) return false;
    status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    return true;
  }

  void join() {
    if (out_reader.joinable()) out_reader.join();
    if (err_reader.joinable()) err_reader.join();
  }
};

namespace {

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::map<std::string, std::string> values;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto name = text.substr(0, text.find('='));
    if (!options.clear_environment || name == "PATH" || name == "HOME")
      values[name] = text.substr(name.size() + 1);
  }
  for (const auto& [name, value] : options.environment) values[name] = value;
  std::vector<std::string> list;
  list.reserve(values.size());
  for (const auto& [name, value] : values) list.push_back(name + "=" + value);
  return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Process::Process(std::vector<std::string> arguments, ProcessOptions options)
    : inner_(std::make_unique<Inner>()) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  auto environment = environment_of(options);
  const auto environment_pointers = pointers(environment);
  const auto argument_pointers = pointers(arguments);
  const std::string directory = options.working_directory.string();
  const std::string file = options.output_file ? options.output_file->string() : "";
  inner_->pid = ::fork();
  if (inner_->pid < 0) throw std::runtime_error("fork failed");
  if (inner_->pid == 0) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    if (!file.empty()) {
      const int target = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::dup2(target, 1);
      ::dup2(target, 2);
    } else {
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
    }
    if (options.user) {
      if (::setgroups(0, nullptr) != 0 || ::setgid(*options.user) != 0 || ::setuid(*options.user) != 0)
        ::_exit(126);
    }
    if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(126);
    ::execvpe(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
    const char* message = std::strerror(errno);
    [[maybe_unused]] auto ignored = ::write(2, message, std::strlen(message));
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  inner_->out_reader = std::thread([inner = inner_.get(), fd = out[0]] { inner->read_into(fd, inner->out); });
  inner_->err_reader = std::thread([inner = inner_.get(), fd = err[0]] { inner->read_into(fd, inner->err); });
}

Process::~Process() {
  if (!inner_->reap(false)) {
    ::kill(inner_->pid, SIGKILL);
    inner_->reap(true);
  }
  inner_->join();
}

int Process::pid() const { return inner_->pid; }

void Process::signal(int number) {
  if (running()) ::kill(inner_->pid, number);
}

bool Process::running() { return !inner_->reap(false); }

int Process::wait(std::chrono::milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (!inner_->reap(false)) {
    if (steady_clock::now() > until) throw std::runtime_error("process still runs; it said: " + err());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  inner_->join();
  return *inner_->status;
}

std::string Process::out() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->out;
}

std::string Process::err() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->err;
}

bool Process::wait_for_err(const std::string& text, std::chrono::milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (true) {
    const bool alive = running();
    if (err().find(text) != std::string::npos) return true;
    if (!alive || steady_clock::now() > until) return err().find(text) != std::string::npos;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Finished run(std::vector<std::string> arguments, ProcessOptions options, std::chrono::milliseconds timeout) {
  Process process(std::move(arguments), std::move(options));
  Finished finished;
  finished.status = process.wait(timeout);
  finished.out = process.out();
  finished.err = process.err();
  return finished;
}

int free_port() {
  static std::mutex mutex;
  static std::set<int> given;
  const std::lock_guard lock(mutex);
  while (true) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      ::close(fd);
      throw std::runtime_error("no free port");
    }
    ::close(fd);
    const int port = ntohs(address.sin_port);
    if (given.insert(port).second) return port;
  }
}

bool wait_for_port(int port, std::chrono::milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (steady_clock::now() < until) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool open = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (open) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace peo::test
