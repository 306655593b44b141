#include "embedded/embedded_postgres.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/error.hpp"
#include "base/file_error.hpp"
#include "base/log.hpp"
#include "embedded/child.hpp"
#include "embedded/shell.hpp"
#include "embedded/socket_directory.hpp"

namespace peo::embedded {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr int socket_port = 5432;  // only a part of the socket's name
constexpr std::uintmax_t longest_log = std::uintmax_t{4} << 20U;
constexpr milliseconds pause{5};
const std::string temporary_prefix = "paper-engine-dry-run-";

using Connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;
using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Error stopped() { return Error::retry("stopped while the embedded PostgreSQL was starting"); }

std::string messages_since(const fs::path& log, std::uint64_t offset) {
  std::ifstream file(log, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The server's messages in one line, without times; of a long log only errors and hints.
std::string reason_in(const std::string& messages) {
  const bool all = messages.size() < 800;
  std::istringstream lines(messages);
  std::string reason;
  for (std::string line; std::getline(lines, line);) {
    for (const char* word : {"LOG:", "FATAL:", "PANIC:", "HINT:", "DETAIL:"}) {
      const auto at = line.find(word);
      if (at == std::string::npos || (!all && word[0] == 'L')) continue;
      reason += (reason.empty() ? "" : " ") + line.substr(at);
      break;
    }
  }
  return shortened(reason.empty() ? messages : reason, 800);
}

// Whether the error is caused by remains of a killed server that will soon be gone.
bool is_temporary(const std::string& messages) {
  return messages.find("shared memory block") != std::string::npos ||
         (messages.find("lock file") != std::string::npos &&
          messages.find("already exists") != std::string::npos);
}

}  // namespace

EmbeddedPostgres::EmbeddedPostgres(const fs::path& directory, const Cancellation& stop,
                                   EmbeddedOptions options)
    : directory_(fs::absolute(directory).lexically_normal()), stop_(stop), options_(std::move(options)) {}

std::unique_ptr<EmbeddedPostgres> EmbeddedPostgres::temporary(const Cancellation& stop,
                                                              EmbeddedOptions options) {
  fs::path parent = "/tmp";
  const char* wanted = std::getenv("TMPDIR");
  if (wanted != nullptr && wanted[0] == '/' && can_enter(server_account(), wanted)) parent = wanted;
  std::string name = (parent / (temporary_prefix + "XXXXXX")).string();
  options.elsewhere.clear();
  if (::mkdtemp(name.data()) == nullptr) throw Error::local_io("can't create the directory " + name);
  auto made = std::make_unique<EmbeddedPostgres>(name, stop, std::move(options));
  made->temporary_ = true;
  return made;
}

EmbeddedPostgres::~EmbeddedPostgres() { stop(); }

void EmbeddedPostgres::prepare_directory() {
  const bool made = make_directories(directory_);
  directory_ = fs::canonical(directory_);
  // The server's user must be able to reach the cluster, to which no other user has access.
  if (made || temporary_) ::chmod(directory_.c_str(), ::geteuid() == 0 ? 0711 : 0700);
}

void EmbeddedPostgres::take_lock() {
  std::string owner;
  if (lock_.acquire(directory_ / "lock", owner)) return;
  throw Error(ErrorKind::Fatal, ExitCode::TryAgain,
              fmt::format("the embedded database in {} is in use by the process {}", directory_.string(),
                          owner.empty() ? "of another user" : owner),
              "Wait until that process has ended, or choose another DATA_DIR.");
}

void EmbeddedPostgres::check_can_be_created() const {
  check_directory_can_be_created(directory_);
  choose_programs(installed_programs(options_.programs), std::nullopt);
}

bool EmbeddedPostgres::has_cluster() {
  std::error_code ignored;
  if (!fs::exists(directory_, ignored)) return false;
  directory_ = fs::canonical(directory_);
  cluster_ = find_cluster(directory_, options_.elsewhere, false);
  return cluster_.exists();
}

void EmbeddedPostgres::start() try {
  if (running()) return;
  prepare_directory();
  take_lock();
  if (temporary_) remove_leftover_temporaries();
  cluster_ = find_cluster(directory_, options_.elsewhere, true);
  const auto installed = installed_programs(options_.programs);
  programs_ = choose_programs(installed, cluster_.version());
  if (const auto newest = newest_supported(installed); newest > programs_.version) {
    log::info(
        "The embedded database still uses PostgreSQL {}, which created it; {} is also installed. See "
        "docs/operations.md for how to upgrade it.",
        programs_.version, *newest);
  }
  if (!cluster_.exists()) {
    log::info("Creating the embedded PostgreSQL {} in {}.", programs_.version, cluster_.parent.string());
    create_cluster(cluster_, programs_, !temporary_, stop_);
  }
  start_server();
  ensure_database();
} catch (const fs::filesystem_error& error) {
  if (error.code() == std::errc::permission_denied) throw Error::permission(error.what());
  throw Error::local_io(error.what());
}

void EmbeddedPostgres::start_server() {
  const auto until = steady_clock::now() + seconds(60);
  while (!adopt()) {
    if (stop_.requested()) throw stopped();
    clear_leftovers(cluster_.path());
    if (launch() == Launch::Ready) return;
    if (steady_clock::now() > until) {
      throw Error(ErrorKind::Fatal, ExitCode::TryAgain,
                  "the embedded PostgreSQL doesn't start because a previous server hasn't ended: " +
                      reason_in(messages_since(directory_ / "server.log", 0)),
                  "See " + (directory_ / "server.log").string() + ".");
    }
    if (stop_.sleep_for(milliseconds(100))) throw stopped();
  }
}

// Adopts a server that a killed loader left running. False: there is none (any more).
bool EmbeddedPostgres::adopt() {
  auto found = running_postmaster(cluster_.path());
  if (!found) return false;
  log::info("The embedded PostgreSQL is still running (process {}); using it.", found->pid);
  server_ = *found;
  child_ = 0;
  started_ = false;
  if (wait_until_ready(0, 0) == Launch::Again) return false;
  // Its socket may have been removed, or replaced by another program's.
  if (!fs::exists(fs::path(server_.socket_directory) / fmt::format(".s.PGSQL.{}", server_.port))) {
    log::warning("The socket of the embedded PostgreSQL is missing; restarting the server.");
    ::kill(server_.pid, SIGINT);
    if (!wait_until_ended(seconds(20))) ::kill(server_.pid, SIGQUIT);
    wait_until_ended(seconds(10));
    return false;
  }
  return true;
}

std::vector<std::string> EmbeddedPostgres::server_arguments() const {
  std::vector<std::string> settings{"listen_addresses=",
                                    "unix_socket_directories=" + server_.socket_directory,
                                    "unix_socket_permissions=0700",
                                    fmt::format("port={}", socket_port),
                                    "logging_collector=off",
                                    "log_destination=stderr",
                                    "log_timezone=UTC",
                                    "lc_messages=C"};
  if (temporary_) {
    settings.insert(settings.end(), {"fsync=off", "full_page_writes=off", "synchronous_commit=off"});
  }
  std::vector<std::string> list{programs_ / "postgres", "-D", cluster_.path().string()};
  for (auto& setting : settings) {
    list.emplace_back("-c");
    list.push_back(std::move(setting));
  }
  return list;
}

EmbeddedPostgres::Launch EmbeddedPostgres::launch() {
  write_access_rules(cluster_);
  server_ = {};
  server_.socket_directory = create_socket_directory(cluster_.path(), cluster_.account).string();
  const fs::path log = directory_ / "server.log";
  if (fs::exists(log) && fs::file_size(log) > longest_log) fs::rename(log, directory_ / "server.log.1");
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw Error::local_io("can't write " + log.string());
  const auto offset = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_END));
  ChildOptions child;
  child.account = cluster_.account;
  child.output = fd;
  child.parent_death_signal = temporary_ ? SIGQUIT : 0;
  try {
    child_ = start_child(server_arguments(), child);
  } catch (...) {
    ::close(fd);
    throw;
  }
  ::close(fd);
  started_ = true;
  server_.pid = child_;
  return wait_until_ready(child_, offset);
}

// Crash recovery has no time limit, so only the server's end or a stop request ends the wait.
EmbeddedPostgres::Launch EmbeddedPostgres::wait_until_ready(pid_t child, std::uint64_t log_offset) {
  auto next_log = steady_clock::now() + seconds(5);
  while (true) {
    const auto found = read_postmaster_file(cluster_.path());
    if (found && found->pid == server_.pid && found->status == "ready") {
      server_ = *found;
      return Launch::Ready;
    }
    if (has_ended()) {
      server_.pid = 0;
      if (child == 0) return Launch::Again;
      const std::string messages = messages_since(directory_ / "server.log", log_offset);
      if (is_temporary(messages)) return Launch::Again;
      throw Error::local_io("the embedded PostgreSQL doesn't start: " + reason_in(messages),
                            "See " + (directory_ / "server.log").string() + ".");
    }
    if (stop_.sleep_for(pause)) throw stopped();
    if (steady_clock::now() > next_log) {
      log::info("The embedded PostgreSQL is still starting; it may be recovering from a crash.");
      next_log += seconds(30);
    }
  }
}

// The first start may have been killed after creating the cluster.
void EmbeddedPostgres::ensure_database() const {
  const auto connect = [this](const std::string& database) {
    return Connection(PQconnectdb((conninfo() + " connect_timeout=30 dbname=" + database).c_str()), PQfinish);
  };
  const Connection wanted = connect("paper_engine");
  if (PQstatus(wanted.get()) == CONNECTION_OK) return;
  const Connection other = connect("postgres");
  const Result made(PQexec(other.get(), "CREATE DATABASE paper_engine"), PQclear);
  if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) {
    throw Error::unavailable("the embedded PostgreSQL is running, but can't be used: " +
                                 shortened(PQerrorMessage(wanted.get()), 400) + " " +
                                 shortened(PQerrorMessage(other.get()), 400),
                             "See " + (directory_ / "server.log").string() + ".");
  }
}

bool EmbeddedPostgres::has_ended() const {
  if (child_ > 0) {
    if (!ended(child_)) return false;
    child_ = 0;
    return true;
  }
  return server_.pid <= 0 || !is_server_process(server_.pid, cluster_.path());
}

bool EmbeddedPostgres::running() const { return server_.pid > 0 && !has_ended(); }

bool EmbeddedPostgres::wait_until_ended(milliseconds limit) const {
  const auto until = steady_clock::now() + limit;
  while (!has_ended()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

void EmbeddedPostgres::stop() noexcept try {
  if (running()) {
    ::kill(server_.pid, temporary_ ? SIGQUIT : SIGINT);
    if (!wait_until_ended(seconds(20))) {
      log::warning(
          "The embedded PostgreSQL doesn't stop; shutting it down immediately (it recovers at its next "
          "start).");
      ::kill(server_.pid, SIGQUIT);
      if (!wait_until_ended(seconds(10))) {
        ::kill(server_.pid, SIGKILL);
        wait_until_ended(seconds(5));
      }
    }
  }
  std::error_code ignored;
  if (!server_.socket_directory.empty()) fs::remove(server_.socket_directory, ignored);
  server_ = {};
  started_ = false;
  if (temporary_) fs::remove_all(directory_, ignored);
  lock_.release();
} catch (const std::exception& error) {
  log::warning("Stopping the embedded PostgreSQL: {}", error.what());
}

// Those of killed dry runs; running ones hold their lock.
void EmbeddedPostgres::remove_leftover_temporaries() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_.parent_path(), error)) {
    struct stat status {};
    if (!entry.path().filename().string().starts_with(temporary_prefix) || entry.path() == directory_ ||
        ::lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != ::geteuid() || !fs::exists(entry.path() / "lock", error)) {
      continue;
    }
    FileLock lock;
    std::string owner;
    if (!lock.acquire(entry.path() / "lock", owner)) continue;
    clear_leftovers(entry.path() / "cluster");
    fs::remove_all(socket_directory_of(entry.path() / "cluster", server_account()), error);
    fs::remove_all(entry.path(), error);
  }
}

std::string conninfo_of(const Postmaster& server) {
  return fmt::format("host={} port={} user=paper_engine dbname=paper_engine",
                     conninfo_value(server.socket_directory), server.port);
}

std::string EmbeddedPostgres::conninfo() const { return conninfo_of(server_); }

std::string EmbeddedPostgres::psql_command() const { return "psql " + shell_word(conninfo()); }

}  // namespace peo::embedded
