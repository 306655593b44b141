// Signals are handled by one thread: the first SIGINT or SIGTERM requests a stop, the second ends the process
// at once. Create it before any other thread: threads inherit the blocked signals, so none of them is
// interrupted.
#pragma once
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/cancellation.hpp"
#include "base/log.hpp"

namespace peo::cli {

class Signals {
 public:
  explicit Signals(Cancellation& stop) {
    // A connection that the other side closes is an error to handle, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    // SIGUSR2 is this class's own: the destructor ends the thread by it.
    for (const int number : {SIGINT, SIGTERM, SIGUSR2}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::thread([this, &stop] {
      int number = 0;
      while (sigwait(&set_, &number) == 0 && number != SIGUSR2) {
        if (stop.requested()) ::_exit(128 + number);
        log::info("{}: stopping after the delivery in work.", number == SIGINT ? "SIGINT" : "SIGTERM");
        stop.request();
      }
    });
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() {
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

 private:
  sigset_t set_{};
  std::thread thread_;
};

}  // namespace peo::cli
