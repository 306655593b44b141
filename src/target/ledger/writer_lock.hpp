// One writer at a time: a session advisory lock, held on the very connection that applies. A loader that
// loses the lock loses its transaction with it.
//
// A second loader waits as a warm standby, or gives up with an error that names the holder. The holder sends
// heartbeats (Heartbeat). When they are missing for `take_over` (a paused process keeps its session, and with
// it the lock), the standby terminates the holder's sessions and takes over. That needs the same role, but no
// superuser. What the paused loader had not committed is rolled back before the lock is free.
//
// One thread; the heartbeat has its own.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "base/cancellation.hpp"
#include "target/ledger/heartbeat.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

struct WriterLockOptions {
  std::string conninfo;
  bool stand_by = false;                  // wait instead of giving up
  std::chrono::nanoseconds take_over{0};  // 0: never
  std::function<void()> on_lost = [] {};  // from another thread: another loader may hold the target
};

class WriterLock {
 public:
  // `connection` and `stop` must outlive this.
  WriterLock(Connection& connection, WriterLockOptions options, const Cancellation& stop);

  // Takes the lock of `schema` on the open connection. Throws Retry when a stop ends the wait, Fatal (75)
  // when another loader holds it and this one doesn't stand by.
  void take(const std::string& schema);
  void release();  // ends the heartbeat; the lock ends with the connection

 private:
  struct Holder {
    bool known = false;
    std::string backend, name, address, since;
    std::optional<std::string> sign;  // its last heartbeat
    std::string text() const;
  };
  Holder holder(const std::string& schema);
  void wait_for(const std::string& schema);
  void end(const Holder& holder, const std::string& schema);

  Connection& connection_;
  WriterLockOptions options_;
  const Cancellation& stop_;
  bool refusal_said_ = false;
  Heartbeat heartbeat_;  // last, so that it ends first
};

}  // namespace peo::target
