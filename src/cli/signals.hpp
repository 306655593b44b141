// Signals wake one thread, which turns the first SIGINT or SIGTERM into the wish to stop, and the second into
// the end. Make it before any other thread: those never see them.
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
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
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
