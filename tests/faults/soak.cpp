// A soak: one loader service, a stream of sample changes, and random faults of all kinds, one after the
// other, for some minutes. In the end the tables must be what the sample's expected.json says, and the
// ledger, the numbers and the messages complete, each once. Deterministic choices from a seed; what happens
// between them is the machine's.
//
//   soak --minutes 10 --seed 1 --loader build/test/paper-engine-orders
//
// Ends with a table of what was survived; exit 1 when anything was lost or doubled, or a fault not survived.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <utility>

#include "sample/sample.hpp"
#include "support/bucket_s3.hpp"
#include "support/database.hpp"
#include "support/gate.hpp"
#include "support/loader_run.hpp"
#include "support/nats_server.hpp"
#include "support/postgres_server.hpp"
#include "support/small_disk.hpp"

namespace peo::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

struct Options {
  double minutes = 10;
  std::uint32_t seed = 1;
  std::string loader;
  std::string keep_log;
};

// A sample that lasts as long as the soak, released file by file.
class Feed {
 public:
  Feed(BucketS3& s3, const Options& options) : s3_(s3) {
    sample::SampleOptions wanted;
    wanted.strategies = 60;
    wanted.orders = 6'000;
    wanted.executions = 20'000;
    wanted.load_files = 2;
    wanted.days = std::max<std::uint64_t>(2, static_cast<std::uint64_t>(options.minutes * 10));
    wanted.orders_per_day = 120;
    wanted.seed = options.seed;
    wanted.gzip_level = 1;
    sample::write_sample(wanted, directory());
    expected_ = nlohmann::json::parse(read_file(directory() / "expected.json"));
    for (const auto& file : expected_.at("files")) keys_.push_back(file.at("key"));
    const auto name = [](const std::string& key) { return key.substr(key.rfind('/') + 1); };
    const auto order = [&](const std::string& key) {
      return std::pair(!name(key).starts_with("LOAD"), name(key));
    };
    std::stable_sort(keys_.begin(), keys_.end(),
                     [&](const auto& a, const auto& b) { return order(a) < order(b); });
    while (next_ < keys_.size() && name(keys_[next_]).starts_with("LOAD")) release();
  }

  void release(std::size_t count = 1) {
    for (; count > 0 && next_ < keys_.size(); --count, ++next_)
      s3_.put("data/" + keys_[next_], read_file(directory() / keys_[next_]));
  }
  // The next one as `make` makes it of its bytes, until it is repaired.
  void release_as(const std::function<std::string(const std::string&)>& make) {
    if (next_ == keys_.size()) return;
    broken_ = keys_[next_++];
    s3_.put("data/" + broken_, make(read_file(directory() / broken_)));
  }
  const std::string& broken() const { return broken_; }
  void repair() {
    if (!broken_.empty()) s3_.put("data/" + broken_, read_file(directory() / broken_));
    broken_.clear();
  }
  std::size_t released() const { return next_; }
  std::size_t size() const { return keys_.size(); }
  const nlohmann::json& expected() const { return expected_; }

 private:
  std::filesystem::path directory() const { return directory_ / "sample"; }
  BucketS3& s3_;
  TempDir directory_;
  nlohmann::json expected_;
  std::vector<std::string> keys_;
  std::size_t next_ = 0;
  std::string broken_;
};

class Soak {
 public:
  explicit Soak(Options options)
      : options_(std::move(options)),
        random_(options_.seed),
        nats_({.jetstream = true}),
        postgres_gate_(server_.port()),
        nats_gate_(nats_.port()),
        s3_gate_(s3_.port()),
        feed_(s3_, options_) {
    database_ = server_.create_database("soak");
    Database(database_).execute(
        "CREATE ROLE soak_a SUPERUSER LOGIN PASSWORD 'known'; CREATE ROLE soak_b SUPERUSER LOGIN PASSWORD "
        "'known'");
    log_in_as("soak_a");
    JetStream(nats_.url()).add_stream("told", "paper-engine.>");
    make_faults();
  }

  int run();

 private:
  struct Fault {
    std::string name;
    std::function<bool()> strike;  // false: its moment didn't come; true: it was struck, and is over
    int struck = 0, survived = 0;
  };

  void make_faults();
  void add(std::string name, std::function<bool()> strike) {
    faults_.push_back({std::move(name), std::move(strike)});
  }
  void add_gate(const std::string& name, Gate& gate);
  void add_answer(const std::string& name, std::function<FakeAnswer(FakeAnswer)> make);
  void add_refusal(const std::string& name, std::function<FakeAnswer(FakeAnswer)> make);
  void add_hold(const std::string& name, std::function<void()> break_it, std::function<void()> fix);
  void answer_with(const std::function<FakeAnswer(FakeAnswer)>& make,
                   const std::shared_ptr<std::atomic<int>>& left);
  bool is_healthy();
  std::string end_of_log() const;
  void log_in_as(const std::string& role) const {
    write_file(target_file(), fmt::format("host=127.0.0.1 port={} user={} password=known dbname=soak\n",
                                          postgres_gate_.port(), role));
  }
  std::filesystem::path target_file() const { return secrets_ / "target"; }
  void add_full_disk();
  void add_moment(const std::string& name, std::function<Fate()> blow);

  std::size_t below(std::size_t limit) { return random_() % limit; }
  void rest(std::size_t least, std::size_t most) {
    std::this_thread::sleep_for(milliseconds(least + below(most - least + 1)));
  }
  void say(const std::string& text) const {
    std::cout << fmt::format("{:7.1f}  {}",
                             std::chrono::duration<double>(steady_clock::now() - began_).count(), text)
              << std::endl;
  }
  void wrong(const std::string& what) {
    problems_.push_back(fmt::format("{}: {}", doing_, what));
    constexpr std::size_t most_said = 20;
    if (problems_.size() <= most_said) say("WRONG: " + problems_.back());
  }

  LoaderSettings settings() const;
  void start();
  // Ends the loader that is there; what it said is kept.
  void gone();
  void restart_if_ended(std::optional<int> allowed);
  bool wait(const std::function<bool()>& holds, seconds limit = seconds(60));
  bool goes_on();
  std::size_t loaded();
  void drain();
  void check();
  void check_tables(Database& sql);
  void check_ledger(Database& sql);
  void check_numbers(Database& sql);
  void check_messages();
  void check_nothing_left(Database& sql);
  void table() const;

  Options options_;
  std::mt19937 random_;
  steady_clock::time_point began_ = steady_clock::now();
  PostgresServer server_;
  SmallDisk disk_{server_.data_directory()};
  bool orders_moved_ = false;       // to that disk
  std::unique_ptr<Database> lock_;  // holds a table
  BucketS3 s3_;
  NatsServer nats_;
  Gate postgres_gate_, nats_gate_, s3_gate_;
  Feed feed_;
  TempDir secrets_;
  std::string database_;
  std::unique_ptr<RunningLoader> loader_;
  std::string logs_;
  std::vector<Fault> faults_;
  std::vector<std::string> problems_;
  std::string doing_ = "the full load";  // for what is found wrong
};

LoaderSettings Soak::settings() const {
  return {{"SOURCE", s3_.source(s3_gate_.port())},
          {"TARGET_FILE", target_file().string()},
          {"NATS", fmt::format("nats://127.0.0.1:{}", nats_gate_.port())},
          {"RUN_AS_SERVICE", "True"},
          {"MIN_SLEEP", "50ms"},
          {"MAX_SLEEP", "200ms"},
          {"TAKE_OVER_SECONDS", "2"}};
}

void Soak::start() {
  loader_ = std::make_unique<RunningLoader>(LoaderCommand{options_.loader, {}}, settings());
}

void Soak::gone() {
  if (loader_) logs_ += loader_->log();
  loader_.reset();
}

bool Soak::wait(const std::function<bool()>& holds, seconds limit) {
  const auto until = steady_clock::now() + limit;
  while (true) {
    try {
      if (holds()) return true;
    } catch (const std::exception&) {  // the server is away
    }
    if (steady_clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(20));
  }
}

// A service manager's part. `allowed`: the exit code that the fault may cause.
void Soak::restart_if_ended(std::optional<int> allowed) {
  if (loader_->process().running()) return;
  const auto status = loader_->process().wait();
  if (status != 128 + SIGKILL && (!allowed || status != *allowed)) {
    const auto log = loader_->log();
    wrong(fmt::format("the loader ended with {}: {}", status,
                      log.substr(log.size() - std::min<std::size_t>(log.size(), 1500))));
  }
  gone();
  start();
}

std::size_t Soak::loaded() {
  return std::stoul(Database(database_).value("SELECT count(*) FROM loader_deliveries"));
}

// Survived: whatever was released meanwhile is in.
bool Soak::goes_on() {
  return wait([&] {
           restart_if_ended(std::nullopt);
           return !problems_.empty() || loaded() == feed_.released();
         }) &&
         problems_.empty();
}

void Soak::add_gate(const std::string& name, Gate& gate) {
  add(name + ": cut", [&gate] {
    gate.cut();
    return true;
  });
  add(name + ": cut after some bytes", [this, &gate] {
    gate.faults({.cut_after = 1 + below(60'000)});
    rest(300, 1500);
    gate.faults({});
    return true;
  });
  const auto held = [this, &gate, name](const std::string& what, const std::function<GateFaults()>& faults) {
    add(name + ": " + what, [this, &gate, faults] {
      gate.faults(faults());
      rest(300, 1800);
      gate.faults({});
      return true;
    });
  };
  held("slow", [this] { return GateFaults{.delay = milliseconds(5 + below(60))}; });
  held("throttled", [this] { return GateFaults{.bytes_per_second = 5'000 + below(100'000)}; });
  held("refused", [] { return GateFaults{.refuse = true}; });
  held("vanished (half-open)", [] { return GateFaults{.vanish = true}; });
}

// What may pass does so after some answers.
void Soak::add_answer(const std::string& name, std::function<FakeAnswer(FakeAnswer)> make) {
  add("S3 answers: " + name, [this, make = std::move(make)] {
    auto left = std::make_shared<std::atomic<int>>(1 + static_cast<int>(below(4)));
    answer_with(make, left);
    const bool came = wait(
        [&] {
          feed_.release();
          rest(50, 100);
          return *left <= 0;
        },
        seconds(10));
    s3_.on_request(nullptr);
    return came;
  });
}

// What a person must repair: the service says so, stays up, and goes on when it is repaired.
void Soak::add_refusal(const std::string& name, std::function<FakeAnswer(FakeAnswer)> make) {
  add("S3 refuses: " + name, [this, make = std::move(make)] {
    if (!is_healthy()) return false;
    auto answers = std::make_shared<std::atomic<int>>(1'000'000);
    answer_with(make, answers);
    feed_.release(2);
    const bool came = wait([&] { return *answers < 1'000'000; }, seconds(10));
    rest(300, 2000);
    s3_.on_request(nullptr);
    if (!loader_->process().running()) wrong("the service ended: " + end_of_log());
    return came;
  });
}

void Soak::answer_with(const std::function<FakeAnswer(FakeAnswer)>& make,
                       const std::shared_ptr<std::atomic<int>>& left) {
  const bool listing = below(3) == 0;
  s3_.on_request([left, make, listing](const FakeRequest& request, const FakeAnswer& usual) {
    std::optional<FakeAnswer> other;
    const bool list = request.target.find("list-type") != std::string::npos;
    if (list == listing && usual.status < 300 && left->fetch_sub(1) > 0) other = make(usual);
    return other;
  });
}

// What concerns one table: it is held, the others go on, and so does it after the repair.
void Soak::add_hold(const std::string& name, std::function<void()> break_it, std::function<void()> fix) {
  add(name, [this, break_it = std::move(break_it), fix = std::move(fix)] {
    if (!is_healthy()) return false;
    const auto before = loader_->log().size();
    break_it();
    const bool held = wait(
        [&] {
          feed_.release();
          rest(50, 150);
          return loader_->log().find(" is held", before) != std::string::npos;
        },
        seconds(10));
    rest(0, 1000);
    fix();
    if (!loader_->process().running()) wrong("the service ended: " + end_of_log());
    return held;
  });
}

// The rows of the orders are on a small disk. What is full concerns all tables: the loader tries again.
void Soak::add_full_disk() {
  add("PostgreSQL: the disk is full", [this] {
    if (!is_healthy()) return false;
    Database sql(database_);
    if (std::exchange(orders_moved_, true) == false) {
      sql.execute(fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk_.path()));
      sql.execute("ALTER TABLE orders SET TABLESPACE small");
    }
    const auto before = loader_->log().size();
    disk_.fill();
    const bool full = wait(
        [&] {
          feed_.release(2);
          rest(50, 150);
          return loader_->log().find("No space left on device", before) != std::string::npos;
        },
        seconds(10));
    rest(0, 1000);
    disk_.empty();
    if (!loader_->process().running()) wrong("the service ended: " + end_of_log());
    return full;
  });
}

// A service fails fast until it has completed its first poll.
bool Soak::is_healthy() {
  return wait([&] { return loader_->log().find("; polling every ") != std::string::npos; }, seconds(20));
}

std::string Soak::end_of_log() const {
  const auto log = loader_->log();
  return log.substr(log.size() - std::min<std::size_t>(log.size(), 3000));
}

// At a statement that the loader sends, before or after the server hears it.
void Soak::add_moment(const std::string& name, std::function<Fate()> blow) {
  add(name, [this, blow = std::move(blow)] {
    static const std::vector<GateRule> moments{
        {.words = commit},          {.words = "BEGIN"},           {.words = "COPY "},
        {.words = "SET one = one"}, {.statement = "apply_batch"}, {.statement = "apply"},
        {.statement = "record"},    {.statement = "ledger_find"}, {.statement = "outbox_published"}};
    auto rule = moments[below(moments.size())];
    rule.nth = 1 + static_cast<unsigned>(below(4));
    rule.moment = below(2) == 0 ? Moment::Before : Moment::AfterAnswer;
    rule.action = blow;
    postgres_gate_.at(rule);
    const bool came = wait(
        [&] {
          feed_.release(1 + below(2));
          rest(100, 200);
          return postgres_gate_.rule_used();
        },
        seconds(8));
    postgres_gate_.at({.words = "no such words", .action = [] { return Fate::Pass; }});
    return came;
  });
}

void Soak::make_faults() {
  const auto kill = [this] { loader_->process().signal(SIGKILL); };
  const auto sessions = [this](const std::string& what) {
    return Database(server_.conninfo())
        .rows("SELECT pid::text" + what +
              " FROM pg_stat_activity WHERE datname = 'soak' AND pid <> pg_backend_pid()");
  };
  add("loader: kill -9", [this, kill] {
    rest(0, 600);
    kill();
    return wait([&] { return !loader_->process().running(); });
  });
  add("loader: kill -9, a standby takes over", [this, kill] {
    auto second = std::make_unique<RunningLoader>(LoaderCommand{options_.loader, {}}, settings());
    if (!second->says("Standing by")) wrong("no standby: " + second->log());
    kill();
    loader_->process().wait();
    if (!second->says("taking over")) wrong("the standby didn't take over: " + second->log());
    gone();
    loader_ = std::move(second);
    return true;
  });
  add("loader: stopped and started again", [this] {
    if (loader_->stop(SIGTERM) != 0) wrong("a stop didn't end well");
    gone();
    start();
    return true;
  });
  add("loader: paused for a moment", [this] {
    loader_->process().signal(SIGSTOP);
    rest(200, 1500);
    loader_->process().signal(SIGCONT);
    return true;
  });
  add("loader: paused, a standby takes over, it wakes up", [this] {
    auto second = std::make_unique<RunningLoader>(LoaderCommand{options_.loader, {}}, settings());
    if (!second->says("Standing by")) wrong("no standby: " + second->log());
    feed_.release(3);
    rest(0, 200);
    loader_->process().signal(SIGSTOP);
    if (!second->says("taking over", seconds(30))) wrong("the standby didn't take over: " + second->log());
    feed_.release(2);
    loader_->process().signal(SIGCONT);
    if (!loader_->says("Standing by", seconds(30))) wrong("it doesn't stand by: " + loader_->log());
    if (loader_->stop(SIGTERM) != 0) wrong("a stop of a standby didn't end well");
    gone();
    loader_ = std::move(second);
    return true;
  });
  add("PostgreSQL: sessions ended", [sessions] { return !sessions(", pg_terminate_backend(pid)").empty(); });
  add("PostgreSQL: a backend killed -9", [this, sessions] {
    const auto pids = sessions("");
    if (pids.empty()) return false;
    return ::kill(std::stoi(pids[below(pids.size())][0].value()), SIGKILL) == 0;
  });
  add("PostgreSQL: immediate shutdown", [this] {
    server_.stop(StopMode::Immediate);
    rest(0, 1000);
    server_.start();
    return true;
  });
  add("PostgreSQL: restarted", [this] {
    server_.stop(StopMode::Fast);
    rest(0, 500);
    server_.start();
    return true;
  });
  add("PostgreSQL: a table is locked", [this] {
    Database sql(database_);
    sql.execute(
        "BEGIN; SET LOCAL lock_timeout = '10s'; LOCK TABLE orders, executions IN ACCESS EXCLUSIVE MODE");
    feed_.release(4);
    rest(300, 2000);
    sql.execute("COMMIT");
    return true;
  });
  add_gate("PostgreSQL's connection", postgres_gate_);
  add_moment("at a statement: cut", [] { return Fate::Cut; });
  add_moment("at a statement: loader killed", [this] {
    loader_->process().signal(SIGKILL);
    return Fate::Cut;
  });
  add_moment("at a statement: session ended", [sessions] {
    sessions(", pg_terminate_backend(pid)");
    return Fate::Pass;
  });
  add_moment("at a statement: server falls", [this] {
    server_.stop(StopMode::Immediate);
    server_.start();
    return Fate::Pass;
  });
  add_gate("S3's connection", s3_gate_);
  add_answer("503 SlowDown",
             [](auto) { return s3_error(503, "SlowDown", "Please reduce your request rate."); });
  add_answer("500", [](auto) { return s3_error(500, "InternalError", "We encountered an internal error."); });
  add_answer("an error inside a 200", [](auto) { return s3_error(200, "InternalError", "Half way."); });
  add_answer("nothing", [](auto usual) {
    usual.hang_up = true;
    return usual;
  });
  add_answer("half of a body", [](auto usual) {
    usual.cut_after = usual.body.size() / 2;
    return usual;
  });
  add_refusal("expired credentials",
              [](auto) { return s3_error(400, "ExpiredToken", "The provided token has expired."); });
  add_refusal("clock skew", [](auto) { return s3_error(403, "RequestTimeTooSkewed", "The clocks differ."); });
  add_refusal("the bucket's policy", [](auto) { return s3_error(403, "AccessDenied", "Access Denied"); });
  add("PostgreSQL: the login is replaced in its file", [this, sessions] {
    if (!is_healthy()) return false;
    Database sql(database_);
    const auto now = sql.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'soak_a'") == "t";
    const std::string before = now ? "soak_a" : "soak_b", after = now ? "soak_b" : "soak_a";
    sql.execute(fmt::format("ALTER ROLE {} NOLOGIN; ALTER ROLE {} LOGIN", before, after));
    sessions(", pg_terminate_backend(pid)");
    feed_.release(2);
    rest(300, 2000);
    log_in_as(after);
    if (!loader_->process().running()) wrong("the service ended: " + end_of_log());
    return true;
  });
  add_hold(
      "a file that is cut, and then written again",
      [this] { feed_.release_as([](const auto& bytes) { return bytes.substr(0, bytes.size() / 2); }); },
      [this] { feed_.repair(); });
  add_hold(
      "a file with columns that its table lacks",
      [this] {
        feed_.release_as([](const auto&) {
          std::string row = "I";
          for (int i = 0; i < 40; ++i) row += ",1";
          return row + "\n";
        });
      },
      [this] { feed_.repair(); });
  add_hold(
      "one object alone is refused",
      [this] {
        feed_.release_as([](const auto& bytes) { return bytes; });
        s3_.on_request([key = feed_.broken()](const FakeRequest& request, const FakeAnswer&) {
          std::optional<FakeAnswer> other;
          if (!key.empty() && request.target.find(key) != std::string::npos)
            other = s3_error(403, "InvalidObjectState", "The object is archived.");
          return other;
        });
      },
      [this] { s3_.on_request(nullptr); });
  add_hold(
      "a table that is locked for long",
      [this] {
        lock_ = std::make_unique<Database>(database_);
        lock_->execute("BEGIN; LOCK TABLE executions IN ACCESS EXCLUSIVE MODE");
      },
      [this] { lock_ = nullptr; });
  if (disk_) add_full_disk();
  add_hold(
      "a table altered, and back",
      [this] {
        Database(database_).execute("ALTER TABLE executions ADD CONSTRAINT never CHECK (false) NOT VALID");
      },
      [this] { Database(database_).execute("ALTER TABLE executions DROP CONSTRAINT never"); });
  add("NATS: kill -9", [this] {
    nats_.kill();
    rest(0, 1000);
    nats_.start();
    return true;
  });
  add("NATS: paused", [this] {
    nats_.pause();
    feed_.release(2);
    rest(200, 1500);
    nats_.resume();
    return true;
  });
  add_gate("NATS's connection", nats_gate_);
}

int Soak::run() {
  say(fmt::format("{} files, {} kinds of faults, seed {}.", feed_.size(), faults_.size(), options_.seed));
  start();
  if (!goes_on()) {
    wrong("the full load didn't come through: " + loader_->log());
    return 1;
  }
  const auto length = std::chrono::duration<double>(options_.minutes * 60);
  const auto first = steady_clock::now();
  const auto share = [&] { return (steady_clock::now() - first) / length; };
  const auto from = feed_.released();
  std::vector<std::size_t> deck;  // every kind comes before any comes again
  while (share() < 1 && problems_.empty()) {
    if (feed_.released() + 200 > feed_.size()) {
      say("The sample is nearly used up; the end comes early.");
      break;
    }
    if (deck.empty()) {
      for (std::size_t i = 0; i < faults_.size(); ++i) deck.push_back(i);
      std::shuffle(deck.begin(), deck.end(), random_);
    }
    auto& fault = faults_[deck.back()];
    deck.pop_back();
    // Some files in time with the clock, so that there is work, and a backlog now and then.
    const auto due =
        from + static_cast<std::size_t>(0.5 * share() * static_cast<double>(feed_.size() - from));
    feed_.release(due > feed_.released() ? due - feed_.released() : 1);
    doing_ = fault.name;
    if (!fault.strike()) continue;
    ++fault.struck;
    feed_.release();
    if (goes_on()) {
      ++fault.survived;
    } else {
      const auto log = loader_->log();
      wrong(fmt::format("after \"{}\" nothing is loaded any more: {}", fault.name,
                        log.substr(log.size() - std::min<std::size_t>(log.size(), 3000))));
    }
  }
  if (problems_.empty()) {
    doing_ = "the end";
    drain();
    check();
    if (orders_moved_) Database(database_).execute("ALTER TABLE orders SET TABLESPACE pg_default");
  }
  table();
  return problems_.empty() ? 0 : 1;
}

void Soak::drain() {
  feed_.release(feed_.size());
  if (!goes_on()) wrong("the rest was not loaded");
  if (!wait([&] {
        return Database(database_).value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL") ==
               "0";
      }))
    wrong("messages wait in the outbox");
}

void Soak::check() {
  Database sql(database_);
  check_tables(sql);
  check_ledger(sql);
  check_numbers(sql);
  check_messages();
  check_nothing_left(sql);
}

void Soak::check_tables(Database& sql) {
  for (const auto& [name, table] : feed_.expected().at("entities").items()) {
    const auto rows = sql.value("SELECT count(*) FROM " + name);
    const auto checksum = sql.value(table.at("checksum_sql").get<std::string>());
    if (rows != std::to_string(table.at("rows").get<std::uint64_t>()) ||
        checksum != table.at("checksum").get<std::string>())
      wrong(fmt::format("{} has {} rows with checksum {}; expected {} with {}", name, rows, checksum,
                        table.at("rows").dump(), table.at("checksum").dump()));
  }
}

void Soak::check_ledger(Database& sql) {
  std::map<std::string, std::string> got;
  for (const auto& row :
       sql.rows("SELECT object_key, concat_ws(' ', rows_read, created, amended, removed, status) FROM "
                "loader_deliveries"))
    if (!got.emplace(row[0].value(), row[1].value()).second) wrong("twice in the ledger: " + row[0].value());
  for (const auto& file : feed_.expected().at("files")) {
    const auto key = file.at("key").get<std::string>();
    const auto wanted = fmt::format(
        "{} {} {} {} loaded", file.at("rows").get<std::uint64_t>(), file.at("created").get<std::uint64_t>(),
        file.at("amended").get<std::uint64_t>(), file.at("removed").get<std::uint64_t>());
    if (got[key] != wanted)
      wrong(fmt::format("{}: the ledger says '{}', expected '{}'", key, got[key], wanted));
  }
  if (got.size() != feed_.size()) wrong("the ledger has more than the bucket");
}

// Deliveries and messages are counted without gaps; each effect has a number of its own, in its delivery's
// range.
void Soak::check_numbers(Database& sql) {
  const auto none = [&](const std::string& what, const std::string& query) {
    const auto rows = sql.rows(query + " LIMIT 3");
    for (const auto& row : rows) wrong(what + ": " + row[0].value_or("NULL"));
  };
  // Written out first, then a row for each delivery: else the planner, for the sake of the LIMIT, looks into
  // each table again for each delivery.
  const std::string effects =
      "WITH e AS MATERIALIZED (SELECT event_id, delivery_id FROM strategies UNION ALL "
      "SELECT event_id, delivery_id FROM orders UNION ALL SELECT event_id, delivery_id FROM executions "
      "UNION ALL SELECT event_id, delivery_id FROM loader_removals) ";
  none("event_id twice", effects + "SELECT event_id FROM e GROUP BY event_id HAVING count(*) > 1");
  none(
      "event_id outside of its delivery",
      effects +
          "SELECT e.delivery_id FROM (SELECT delivery_id, min(event_id) AS low, max(event_id) AS high FROM e "
          "GROUP BY delivery_id) e JOIN (SELECT delivery_id, max_event_id, max(max_event_id) OVER (ORDER BY "
          "delivery_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM loader_deliveries) "
          "d USING (delivery_id) WHERE e.high > d.max_event_id OR e.low <= d.before");
  none("max_event_id goes back",
       "SELECT delivery_id FROM (SELECT delivery_id, max_event_id, lag(max_event_id) OVER (ORDER BY "
       "delivery_id) AS before "
       "FROM loader_deliveries WHERE max_event_id IS NOT NULL) d WHERE max_event_id <= before");
  none("a gap in the ledger",
       "SELECT max(delivery_id) FROM loader_deliveries HAVING max(delivery_id) <> count(*)");
  none("a gap in the outbox", "SELECT max(position) FROM loader_outbox HAVING max(position) <> count(*)");
  none("a delivery that changed something and told nobody",
       "SELECT delivery_id FROM loader_deliveries d LEFT JOIN loader_outbox o USING (delivery_id) WHERE "
       "(d.max_event_id IS NULL) <> (o.position IS NULL)");
}

void Soak::check_messages() {
  std::size_t position = 0;
  for (const auto& message : JetStream(nats_.url()).messages("told")) {
    ++position;
    const auto got = message.headers.at("Paper-Engine-Outbox-Position");
    if (got != std::to_string(position)) {
      wrong(fmt::format("message {} of the stream has the position {}", position, got));
      break;
    }
  }
  const auto wanted = Database(database_).value("SELECT count(*) FROM loader_outbox");
  if (std::to_string(position) != wanted)
    wrong(fmt::format("the stream has {} messages of {}", position, wanted));
}

void Soak::check_nothing_left(Database& sql) {
  const auto process = fmt::format("/proc/{}", loader_->process().pid());
  std::size_t handles = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(process + "/fd")) ++handles;
  if (handles > 40) wrong(fmt::format("the loader has {} open files", handles));
  const auto children = read_file(fmt::format("{}/task/{}/children", process, loader_->process().pid()));
  if (!children.empty()) wrong("the loader has children: " + children);
  say(fmt::format("The loader has {} open files.", handles));
  if (loader_->stop(SIGTERM) != 0) wrong("the last stop didn't end well");
  gone();
  if (!wait([&] {
        return sql.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = 'soak' AND pid <> "
                   "pg_backend_pid()") == "0" &&
               sql.value("SELECT count(*) FROM pg_locks WHERE relation = to_regclass('loader_writer')") ==
                   "0";
      }))
    wrong("a session or a lock is left");
  if (!options_.keep_log.empty()) write_file(std::filesystem::absolute(options_.keep_log), logs_);
}

void Soak::table() const {
  int struck = 0;
  int survived = 0;
  std::cout << fmt::format("\n{:<58} {:>7} {:>9}\n", "fault", "struck", "survived");
  for (const auto& fault : faults_) {
    std::cout << fmt::format("{:<58} {:>7} {:>9}\n", fault.name, fault.struck, fault.survived);
    struck += fault.struck;
    survived += fault.survived;
  }
  std::cout << fmt::format("{:<58} {:>7} {:>9}\n", "all", struck, survived);
  std::cout << fmt::format("{} files, {:.1f} minutes, seed {}: {}\n", feed_.size(),
                           std::chrono::duration<double>(steady_clock::now() - began_).count() / 60,
                           options_.seed, problems_.empty() ? "nothing lost, nothing doubled." : "NOT well:");
  if (!problems_.empty()) std::cout << fmt::format("{} problems, the first above.\n", problems_.size());
}

}  // namespace
}  // namespace peo::test

int main(int argc, char** argv) {
  peo::test::Options options;
  CLI::App app{"Random faults against one loader service; what must hold in the end is checked."};
  app.add_option("--minutes", options.minutes, "how long")->check(CLI::Range(0.1, 10'000.0));
  app.add_option("--seed", options.seed, "of the sample and of the faults");
  app.add_option("--loader", options.loader, "the program")->required();
  app.add_option("--log", options.keep_log, "file that the loaders' logs are written to");
  CLI11_PARSE(app, argc, argv);
  options.loader = std::filesystem::absolute(options.loader).string();  // it runs in a directory of its own
  try {
    return peo::test::Soak(options).run();
  } catch (const std::exception& error) {
    std::cerr << "The soak broke off: " << error.what() << '\n';
    return 70;
  }
}
