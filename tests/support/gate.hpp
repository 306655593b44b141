// A gate of ours in front of a server, on 127.0.0.1: TCP that a test can delay, throttle, cut, refuse, or let
// vanish, and that stops at a chosen statement of the conversation. One thread carries all connections.
//
//   Gate gate(postgres.port());
//   gate.at({.statement = "record", .moment = Moment::AfterAnswer, .action = [] { return Fate::Cut; }});
//   gate.at({.words = commit, .after = "record", .action = [] { return Fate::Cut; }});
//
// What was said by at() and faults() holds for all connections, those that are open too. Any thread may ask.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace peo::test {

enum class Moment {
  Before,       // the client has said it, the server hasn't heard it
  AfterAnswer,  // the server has answered, the client hasn't heard it
};
enum class Fate {
  Pass,    // go on as if nothing had been
  Cut,     // both sides see a reset connection; what was held back is lost
  Vanish,  // neither side hears anything any more, and nobody says so (half-open)
};

// COMMIT as a statement of its own, for GateRule::words: not "ON COMMIT DROP".
inline const std::string commit("COMMIT\0", 7);

struct GateRule {
  // The name of a statement (record: record.sql). A prepared one counts when it is prepared, too.
  std::string statement{};
  std::string words{};  // or, for what is in no file, words that the client sends
  std::string after{};  // counting begins when the statement of this name has been sent
  unsigned nth = 1;     // which time, counted over all connections; the rule is used up then
  Moment moment = Moment::Before;
  std::function<Fate()>
      action{};  // in the gate's thread, the conversation held up; it must not call the gate
};

struct GateFaults {
  std::chrono::milliseconds delay{0};  // for each piece, both ways
  std::size_t bytes_per_second = 0;    // both ways together; 0: no limit
  std::optional<std::uint64_t>
      cut_after{};      // so many further bytes, both ways together, over all connections
  bool refuse = false;  // new connections are refused
  bool vanish = false;  // nothing passes, nobody is told; new ones are accepted
};

class Gate {
 public:
  explicit Gate(int server_port);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  int port() const;
  void faults(const GateFaults& faults);  // {}: none any more; what vanished is cut
  void cut();                             // all connections, now
  void at(GateRule rule);                 // replaces the one before
  bool rule_used() const;                 // its moment has come
  std::uint64_t connections() const;      // accepted so far
  std::size_t open_connections() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::test
