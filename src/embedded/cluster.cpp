#include "embedded/cluster.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <locale.h>  // NOLINT(modernize-deprecated-headers): newlocale is POSIX
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/log.hpp"
#include "embedded/child.hpp"
#include "embedded/postmaster.hpp"
#include "embedded/socket_directory.hpp"

namespace peo::embedded {

namespace fs = std::filesystem;

namespace {

constexpr const char* location_file = "postgres.location";

[[noreturn]] void fail(const std::string& what, const fs::path& path) {
  throw Error::local_io(fmt::format("can't {} {}: {}", what, path.string(), std::strerror(errno)));
}

// Never follows an existing link: root writes here into a directory of another user.
void write_atomically(const fs::path& file, const std::string& text, const Account& account) {
  const fs::path half = file.string() + ".new";
  ::unlink(half.c_str());
  const int fd = ::open(half.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) fail("write", half);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       (!is_other(account) || ::fchown(fd, account.uid, account.gid) == 0) &&
                       ::fsync(fd) == 0;
  if (!written) {
    const int error = errno;
    ::close(fd);
    errno = error;
    fail("write", half);
  }
  ::close(fd);
  if (::rename(half.c_str(), file.c_str()) != 0) fail("write", file);
}

void sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail("open", directory);
  ::fsync(fd);
  ::close(fd);
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The location that an earlier start wrote. Only a directory that this program would have chosen is trusted,
// because root may be about to use it.
std::optional<fs::path> written_location(const fs::path& directory, const fs::path& elsewhere) {
  std::ifstream file(directory / location_file);
  std::string line;
  if (!std::getline(file, line) || line.empty()) return std::nullopt;
  const fs::path location(line);
  if (elsewhere.empty() || location.parent_path() != elsewhere) {
    throw Error::configuration(
        fmt::format("{} names the directory {}, which is not in {}", (directory / location_file).string(),
                    shortened(line, 200), elsewhere.string()),
        "Remove the file to start with a new database.");
  }
  return location;
}

bool fits(const Account& account, const fs::path& directory) {
  if (!can_enter(account, directory)) return false;
  const fs::path probe = directory / ".owner-probe";
  ::mkdir(probe.c_str(), 0700);
  const bool given = change_owner(account, probe);
  ::rmdir(probe.c_str());
  return given;
}

fs::path create_place_elsewhere(const fs::path& directory, const fs::path& elsewhere,
                                const Account& account) {
  std::error_code ignored;
  fs::create_directories(elsewhere, ignored);
  ::chmod(elsewhere.c_str(), 0711);
  const std::string name = short_name(directory);
  fs::path place = elsewhere / name;
  for (int number = 2; fs::exists(place); ++number) {
    log::warning("{} contains a database of a previous DATA_DIR at this path; remove it if it isn't needed.",
                 place.string());
    place = elsewhere / fmt::format("{}-{}", name, number);
  }
  if (::mkdir(place.c_str(), 0711) != 0) fail("create", place);
  ::chmod(place.c_str(), 0711);
  if (!fits(account, place)) {
    ::rmdir(place.c_str());
    throw Error::permission(
        fmt::format("the database server runs as {}, and that user can enter neither {} nor {}", account.name,
                    directory.string(), place.string()),
        "Choose a DATA_DIR that it can enter, or run the loader as a non-root user.");
  }
  write_atomically(directory / location_file, place.string() + "\n", own_account());
  sync_directory(directory);
  log::info("The database server runs as {}, which can't enter {}: its files are in {}.", account.name,
            directory.string(), place.string());
  return place;
}

std::string tail(const std::string& text) {
  const std::string trimmed = text.substr(0, text.find_last_not_of(" \n") + 1);
  return shortened(trimmed.size() > 600 ? trimmed.substr(trimmed.size() - 600) : trimmed, 700);
}

void run_initdb(const std::vector<std::string>& arguments, const Account& account, const fs::path& output,
                const Cancellation& stop) {
  const int fd = ::open(output.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) fail("write", output);
  ChildOptions options;
  options.account = account;
  options.output = fd;
  options.parent_death_signal = SIGKILL;
  pid_t child = 0;
  try {
    child = start_child(arguments, options);
  } catch (...) {
    ::close(fd);
    throw;
  }
  ::close(fd);
  std::optional<int> status;
  bool stopped = false;
  while (!(status = ended(child))) {
    if (!stopped && (stopped = stop.sleep_for(std::chrono::milliseconds(5)))) ::kill(child, SIGTERM);
    if (stopped) ::usleep(5000);
  }
  const std::string messages = read_text(output);
  ::unlink(output.c_str());
  if (stopped) throw Error::retry("stopped while creating the embedded database");
  if (*status != 0) {
    throw Error::local_io(fmt::format("initdb failed ({}): {}", *status, tail(messages)),
                          "Fix the cause (disk space, permissions), or set TARGET to your own server.");
  }
}

// Processes of a killed initdb may still be using it.
void remove_incomplete(const fs::path& fresh) {
  clear_leftovers(fresh);
  std::error_code error;
  for (int tries = 0; tries < 100; ++tries) {
    fs::remove_all(fresh, error);
    if (!fs::exists(fresh)) return;
    ::usleep(20'000);
  }
  throw fs::filesystem_error("can't remove the files of an interrupted initdb", fresh, error);
}

// glibc has C.UTF-8 built in; other systems may not.
const char* character_type() {
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr) return "C";
  ::freelocale(locale);
  return "C.UTF-8";
}

}  // namespace

bool Cluster::exists() const {
  std::error_code ignored;
  return fs::exists(path() / "PG_VERSION", ignored);
}

std::optional<int> Cluster::version() const {
  const int version = std::atoi(read_text(path() / "PG_VERSION").c_str());  // NOLINT(cert-err34-c)
  return version > 0 ? std::optional(version) : std::nullopt;
}

Cluster find_cluster(const fs::path& directory, const fs::path& elsewhere, bool make) {
  Cluster cluster{directory, {}};
  if (const auto location = written_location(directory, elsewhere)) cluster.parent = *location;
  if (cluster.exists()) {
    cluster.account = owner_of(cluster.path());
    if (!can_enter(cluster.account, cluster.path())) {
      throw Error::permission(fmt::format("the database server runs as {}, which can't enter {}",
                                          cluster.account.name, cluster.path().string()),
                              "Let that user enter its parent directories (chmod o+x).");
    }
    return cluster;
  }
  cluster.account = server_account();
  if (!make) return cluster;
  if (cluster.parent != directory) {
    log::warning("The database that {} points to, {}, is missing; creating a new one.",
                 (directory / location_file).string(), cluster.parent.string());
    fs::remove(directory / location_file);
    cluster.parent = directory;
  }
  if (is_other(cluster.account) && !fits(cluster.account, directory)) {
    if (elsewhere.empty()) {
      throw Error::permission(fmt::format("the database server runs as {}, which can't use {}",
                                          cluster.account.name, directory.string()),
                              "Set TMPDIR to a directory that this user can enter.");
    }
    cluster.parent = create_place_elsewhere(directory, elsewhere, cluster.account);
  }
  return cluster;
}

void create_cluster(const Cluster& cluster, const ServerPrograms& programs, bool durable,
                    const Cancellation& stop) {
  const fs::path fresh = cluster.parent / "cluster.new";
  clear_leftovers(cluster.path());
  remove_incomplete(fresh);
  if (fs::exists(cluster.path()) && !fs::is_empty(cluster.path())) {
    throw Error::configuration(
        fmt::format("{} is not empty, but is not a PostgreSQL database (no PG_VERSION)",
                    cluster.path().string()),
        "Move that directory away, or choose another DATA_DIR.");
  }
  if (::mkdir(fresh.c_str(), 0700) != 0) fail("create", fresh);
  if (!change_owner(cluster.account, fresh)) fail("change the owner of", fresh);
  // Names and keys are compared by their bytes: fast, and the same on every machine.
  run_initdb({programs / "initdb", "-D", fresh.string(), "--username=paper_engine", "--encoding=UTF8",
              "--locale=C", fmt::format("--lc-ctype={}", character_type()), "--no-sync", "--auth=peer"},
             cluster.account, cluster.parent / "initdb.log", stop);
  const int fd = ::open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // One call for the whole file system is much faster than initdb's own, one per file.
  if (fd < 0 || (durable && ::syncfs(fd) != 0)) fail("write", fresh);
  ::close(fd);
  fs::rename(fresh, cluster.path());
  if (durable) sync_directory(cluster.parent);
}

void write_access_rules(const Cluster& cluster) {
  const std::string first = "# Written by paper-engine-orders at each start.\n";
  const std::string hba = first + "local all all peer map=loader\nlocal replication all peer map=loader\n";
  const Account self = own_account();
  std::string ident = first + fmt::format("loader \"{}\" paper_engine\n", self.name);
  if (is_other(cluster.account)) ident += fmt::format("loader \"{}\" paper_engine\n", cluster.account.name);
  for (const auto& [name, text] : {std::pair{"pg_hba.conf", hba}, std::pair{"pg_ident.conf", ident}}) {
    if (read_text(cluster.path() / name) != text)
      write_atomically(cluster.path() / name, text, cluster.account);
  }
}

}  // namespace peo::embedded
