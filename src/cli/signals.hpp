// One thread handles signals: the first SIGINT, SIGTERM or SIGHUP requests a stop, a second SIGINT or SIGTERM
// ends the process immediately. Create it before any other thread: threads inherit the blocked signals, so
// none of them is interrupted.
#pragma once
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <thread>

#include "base/cancellation.hpp"
#include "base/log.hpp"

namespace peo::cli {

class Signals {
 public:
  explicit Signals(Cancellation& stop, std::initializer_list<int> stopping = {SIGINT, SIGTERM, SIGHUP}) {
    sigemptyset(&set_);
    // The destructor sends SIGUSR2 to end the thread.
    sigaddset(&set_, SIGUSR2);
    for (const int number : stopping) {
      if (number != SIGHUP || !ignored(SIGHUP)) sigaddset(&set_, number);
    }
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::thread([this, &stop] {
      int number = 0;
      while (sigwait(&set_, &number) == 0 && number != SIGUSR2) {
        if (!stop.requested()) {
          log::info("SIG{}: stopping after the current delivery.", sigabbrev_np(number));
          stop.request();
        } else if (number != SIGHUP) {
          // A closed terminal sends SIGHUP twice (from its shell and from the kernel), and systemd's
          // SendSIGHUP sends it right after SIGTERM: a second SIGHUP doesn't mean to exit without cleanup.
          ::_exit(128 + number);
        }
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
  // As nohup sets it up, so that the program outlives the terminal. (A blocked signal would still arrive.)
  static bool ignored(int number) {
    struct sigaction now {};
    return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  }

  sigset_t set_{};
  std::thread thread_;
};

}  // namespace peo::cli
