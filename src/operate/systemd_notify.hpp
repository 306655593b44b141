// Tells systemd how it goes, when started by it (Type=notify): ready, the state in words, signs of life for
// the watchdog, stopping. One datagram each to $NOTIFY_SOCKET (sd_notify(3)); without that variable, nothing.
//
// Ready is said at once: a bucket or a target that is away is tried again, and must not make systemd kill the
// loader. The watchdog gets its signs only while the main loop moves.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "base/cancellation.hpp"

namespace peo::operate {

// One message, such as "READY=1\nSTATUS=caught up"; false when nobody takes it.
bool tell_service_manager(const std::string& message);

class SystemdNotify {
 public:
  struct Now {
    bool alive = true;   // the main loop moves
    std::string status;  // one line
  };
  // `now` may be called from another thread until this is destroyed. Says STOPPING in the end.
  SystemdNotify(std::function<Now()> now, const Cancellation& stop);
  SystemdNotify(const SystemdNotify&) = delete;
  SystemdNotify& operator=(const SystemdNotify&) = delete;
  ~SystemdNotify();

 private:
  void work();

  std::function<Now()> now_;
  const Cancellation& asked_to_stop_;
  Cancellation end_;
  std::thread thread_;
};

}  // namespace peo::operate
