// One writer at a time: a session advisory lock, held on the very connection that applies, so who loses it
// loses its transaction.
//
// A second loader waits as a warm standby, or gives up and says who holds it. The holder gives signs of life
// (Heartbeat); when they stop for `take_over` (a paused process keeps its session, and the lock with it), the
// standby ends the holder's sessions and takes over. That needs the same role, no superuser. Whatever the
// paused one had not committed is rolled back before the lock is free.
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
  bool stand_by = false;                  // wait, instead of giving up
  std::chrono::nanoseconds take_over{0};  // 0: never
  std::function<void()> on_lost = [] {};  // from another thread: another loader may have the target by now
};

class WriterLock {
 public:
  // Both must outlive this.
  WriterLock(Connection& connection, WriterLockOptions options, const Cancellation& stop);

  // The lock for `schema`, on the connection as it is now. Throws Retry when a stop ends the wait, Fatal (75)
  // when another loader has it and this one doesn't stand by.
  void take(const std::string& schema);
  void release();  // the heartbeat's end; the lock goes with the connection

 private:
  struct Holder {
    bool known = false;
    std::string backend, name, address, since;
    std::optional<std::string> sign;  // of life: changes as long as it gives any
    std::string text() const;
  };
  Holder holder(const std::string& schema);
  void wait_for(const std::string& schema);
  void end(const Holder& holder, const std::string& schema);

  Connection& connection_;
  WriterLockOptions options_;
  const Cancellation& stop_;
  bool refusal_said_ = false;
  Heartbeat heartbeat_;  // the last: its thread uses the rest
};

}  // namespace peo::target
