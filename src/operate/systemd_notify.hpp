// Notifies systemd (Type=notify): ready, the state, watchdog keep-alives, stopping. Each is one datagram to
// $NOTIFY_SOCKET (sd_notify(3)); without that variable, nothing is sent.
//
// READY is sent immediately: an unreachable bucket or target is retried, and must not make systemd kill the
// loader. The watchdog gets keep-alives only while the main loop makes progress.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "base/cancellation.hpp"

namespace peo::operate {

// Sends one message, such as "READY=1\nSTATUS=caught up"; false if it can't be sent.
bool notify_service_manager(const std::string& message);

class SystemdNotify {
 public:
  struct Now {
    bool alive = true;   // the main loop makes progress
    std::string status;  // one line
  };
  // `now` may be called from another thread until this is destroyed. The destructor sends STOPPING.
  SystemdNotify(std::function<Now()> now, const Cancellation& stop);
  SystemdNotify(const SystemdNotify&) = delete;
  SystemdNotify& operator=(const SystemdNotify&) = delete;
  ~SystemdNotify();

 private:
  void work();

  std::function<Now()> now_;
  const Cancellation& stop_;
  Cancellation end_;
  std::thread thread_;
};

}  // namespace peo::operate
