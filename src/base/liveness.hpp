// When the main loop last made progress, for the probe /healthz. The loop touches it at each step, and so
// does code with legitimate long waits: for the target's lock, or a long statement. Any thread.
#pragma once
#include <atomic>
#include <chrono>

namespace peo {

class Liveness {
 public:
  void touch() { last_ = std::chrono::steady_clock::now().time_since_epoch().count(); }
  double seconds_since() const {
    const std::chrono::steady_clock::time_point last{std::chrono::steady_clock::duration(last_.load())};
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - last).count();
  }

 private:
  std::atomic<std::chrono::steady_clock::rep> last_{
      std::chrono::steady_clock::now().time_since_epoch().count()};
};

}  // namespace peo
