#include "support/postgres_server.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/citus.hpp"
#include "support/database.hpp"

namespace peo::test {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

// PostgreSQL refuses to run as root.
std::optional<unsigned> server_user() {
  if (::geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = ::getpwnam(name)) return user->pw_uid;
  }
  throw std::runtime_error("neither the user postgres nor nobody exists");
}

ProcessOptions as_server() {
  ProcessOptions options;
  options.clear_environment = true;  // no PGDATA, PGPORT … from outside
  options.environment = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
  options.user = server_user();
  options.working_directory = "/";
  return options;
}

void must(const std::vector<std::string>& arguments, ProcessOptions options = {}) {
  const auto finished = run(arguments, std::move(options));
  if (finished.status != 0)
    throw std::runtime_error(arguments[0] + " failed: " + finished.out + finished.err);
}

void give_to_server_user(const fs::path& directory) {
  if (const auto user = server_user()) {
    must({"chown", "-R", std::to_string(*user) + ":" + std::to_string(*user), directory.string()});
  }
}

void make_cluster(const fs::path& data) {
  must({(postgres_bin() / "initdb").string(), "-D", data.string(), "-U", "postgres", "-E", "UTF8",
        "--locale=C.UTF-8", "--no-sync"},
       as_server());
  const std::string rules =
      "host all postgres 127.0.0.1/32 trust\nhost replication postgres 127.0.0.1/32 trust\n"
      "host all all 127.0.0.1/32 scram-sha-256\n";
  write_file(data / "pg_hba.conf", rules);  // keeps its owner
}

// The ready cluster beside the test program. Two programs may come here at once: one makes it, the other
// waits. Where that directory can't be written, every server makes its own.
void copy_or_make_cluster(const fs::path& data) {
  const fs::path kept =
      fs::read_symlink("/proc/self/exe").parent_path() /
      ("postgres-template-" + std::to_string(postgres_major()) + "-" + std::to_string(::geteuid()));
  if (!fs::exists(kept)) {
    const int lock = ::open((kept.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0) return make_cluster(data);
    const std::unique_ptr<const int, void (*)(const int*)> unlock(&lock, [](const int* fd) { ::close(*fd); });
    ::flock(lock, LOCK_EX);
    if (!fs::exists(kept)) {
      make_cluster(data);
      const std::string half = kept.string() + ".half";
      fs::remove_all(half);
      must({"cp", "-a", data.string(), half});
      fs::rename(half, kept);
      return;
    }
  }
  must({"cp", "-a", kept.string(), data.string()});
  give_to_server_user(data);
}

// A process that waits until our end of a pipe is closed, by us or by our death, then ends what still runs in
// the directory and removes it. Its own session, and no child of ours: ending a test with all its
// children does not end it.
int watch(const fs::path& directory) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const std::string script =
      "cat >/dev/null\n"
      "pid=$(head -n 1 \"$1/data/postmaster.pid\" 2>/dev/null)\n"
      "[ -z \"$pid\" ] || [ \"$(readlink \"/proc/$pid/cwd\")\" != \"$1/data\" ] || kill -QUIT \"$pid\"\n"
      "for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf \"$1\" && break; sleep 0.5; done\n";
  const std::string name = directory.string();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(ends[0], 0);
    ::dup2(nothing, 1);
    ::dup2(nothing, 2);
    ::close_range(3, ~0U, 0);  // a pipe or lock of the test's must not stay open with us
    ::execl("/bin/sh", "sh", "-c", script.c_str(), "sh", name.c_str(), nullptr);
    ::_exit(127);
  }
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  return ends[1];
}

bool says(const std::string& log, const std::string& text) { return log.find(text) != std::string::npos; }

}  // namespace

fs::path postgres_bin() {
  if (const char* const wanted = std::getenv("PEO_TEST_POSTGRES"); wanted != nullptr && *wanted != '\0')
    return wanted;
  std::vector<std::pair<int, fs::path>> found;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    const fs::path bin = entry.path() / "bin";
    if (fs::exists(bin / "initdb")) found.emplace_back(std::stoi(entry.path().filename().string()), bin);
  }
  if (found.empty()) throw std::runtime_error("no PostgreSQL server; apt install postgresql");
  return std::max_element(found.begin(), found.end())->second;
}

// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"
int postgres_major() {
  static const int major = [] {
    const auto said = run({(postgres_bin() / "postgres").string(), "--version"}).out;
    return std::stoi(said.substr(said.find_first_of("0123456789")));
  }();
  return major;
}

PostgresServer::PostgresServer(PostgresOptions options)
    : options_(std::move(options)), data_(directory_ / "data") {
  watcher_ = watch(directory_.path());
  give_to_server_user(directory_.path());
  copy_or_make_cluster(data_);
  port_ = free_port();
  start();
  if (Pooler::wanted()) pooler_ = std::make_unique<Pooler>(port_, server_user());
}

PostgresServer::~PostgresServer() {
  try {
    stop(StopMode::Immediate);
  } catch (const std::exception&) {
    process_.reset();  // kills it
  }
  ::close(watcher_);
}

std::vector<std::string> PostgresServer::arguments() const {
  std::map<std::string, std::string> settings{
      {"listen_addresses", "127.0.0.1"}, {"port", std::to_string(port_)}, {"unix_socket_directories", ""}};
  if (!options_.durable) settings.insert({{"fsync", "off"}, {"full_page_writes", "off"}});
  settings["password_encryption"] = "scram-sha-256";  // md5 in 13, which pg_hba.conf doesn't let in
  for (const auto& [name, value] : options_.settings) settings[name] = value;
  std::vector<std::string> list{(postgres_bin() / "postgres").string(), "-D", data_.string()};
  for (const auto& [name, value] : settings) {
    list.emplace_back("-c");
    list.push_back(name + "=" + value);
  }
  return list;
}

PostgresServer::Outcome PostgresServer::try_start() {
  const fs::path log_file = directory_ / "server.log";
  const std::size_t before = fs::exists(log_file) ? fs::file_size(log_file) : 0;
  auto options = as_server();
  options.output_file = log_file;
  process_ = std::make_unique<Process>(arguments(), options);
  const auto until = steady_clock::now() + std::chrono::minutes(1);
  while (steady_clock::now() < until) {
    const bool alive = process_->running();
    if (!alive) {
      const std::string said = log().substr(before);
      // A port that somebody took meanwhile; the last backends of a killed server.
      if (says(said, "Address already in use") || says(said, "shared memory block") ||
          says(said, "lock file \"postmaster.pid\" already exists")) {
        return Outcome::Retry;
      }
      throw std::runtime_error("PostgreSQL did not start: " + said);
    }
    std::ifstream file(data_ / "postmaster.pid");
    std::array<std::string, 8> lines;
    for (auto& line : lines) std::getline(file, line);
    if (lines[0] == std::to_string(process_->pid()) && lines[7].starts_with("ready")) return Outcome::Ready;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("PostgreSQL is not ready after a minute: " + log().substr(before));
}

void PostgresServer::start() {
  if (running()) return;
  const bool first = process_ == nullptr;
  for (int tries = 0; tries < 100; ++tries) {
    if (try_start() == Outcome::Ready) return;
    if (first) port_ = free_port();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw std::runtime_error("PostgreSQL did not start: " + log());
}

void PostgresServer::stop(StopMode mode) {
  if (!running()) return;
  process_->signal(mode == StopMode::Fast ? SIGINT : mode == StopMode::Immediate ? SIGQUIT : SIGKILL);
  process_->wait();
}

bool PostgresServer::running() { return process_ != nullptr && process_->running(); }

int PostgresServer::pid() const { return process_->pid(); }

std::string PostgresServer::log() const { return read_file(directory_ / "server.log"); }

std::string PostgresServer::conninfo(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_for_clients()) + " user=postgres dbname=" + database;
}

std::string PostgresServer::conninfo(const std::string& database, const std::string& user,
                                     const std::string& password) const {
  return "host=127.0.0.1 port=" + std::to_string(port_for_clients()) + " user=" + user +
         " password=" + password + " dbname=" + database;
}

std::string PostgresServer::create_database(const std::string& name) {
  Database(conninfo()).execute("CREATE DATABASE \"" + name + "\"");
  // As every database is from 15 on.
  if (postgres_major() < 15) Database(conninfo(name)).execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  return conninfo(name);
}

PostgresServer& shared_postgres() {
  static PostgresServer server;
  return server;
}

static std::string next_name() {
  static std::atomic<int> count{0};
  return "test_" + std::to_string(++count);
}

TestDatabase::TestDatabase()
    : server_(CitusCluster::wanted() ? nullptr : &shared_postgres()), name_(next_name()) {
  // Of all processes: they share the cluster.
  if (server_ == nullptr) name_ += "_" + std::to_string(::getpid());
  conninfo_ =
      server_ == nullptr ? CitusCluster::wanted()->create_database(name_) : server_->create_database(name_);
}

TestDatabase::TestDatabase(PostgresServer& server) : server_(&server), name_(next_name()) {
  conninfo_ = server.create_database(name_);
}

int TestDatabase::port() const {
  return server_ == nullptr ? std::stoi(CitusCluster::wanted()->coordinator().port) : server_->port();
}

TestDatabase::~TestDatabase() {
  try {
    if (server_ == nullptr)
      CitusCluster::wanted()->drop_database(name_);
    else
      Database(server_->conninfo()).execute("DROP DATABASE IF EXISTS \"" + name_ + "\" WITH (FORCE)");
  } catch (const std::exception&) {  // the test has ended the server; its directory goes anyway
    return;
  }
}

}  // namespace peo::test
