// The sending half of a COPY in a thread of its own: what is handed over goes to the server while the next
// rows are made ready, for the same or for another connection.
//
// Between its beginning and finish() the connection belongs to this thread. It holds what one send() brought,
// and no more: the next send() waits until that is with the server. What the server or the connection refuses
// comes out of the next send() or of finish(). The destructor waits for what is being sent; a stop ends that
// as it ends all waits of a connection. One thread hands over.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "target/postgres/connection.hpp"

namespace peo::target {

// What libpq is handed at a time: the best measured on a local connection.
inline constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

// Hands `bytes` to a connection in such pieces.
void send_pieces(Connection& connection, std::string_view bytes);

class CopySender {
 public:
  explicit CopySender(Connection& connection);  // whose COPY has begun
  ~CopySender();
  CopySender(const CopySender&) = delete;
  CopySender& operator=(const CopySender&) = delete;

  void send(std::string_view bytes);  // copied
  void finish();                      // all is with the server, and the connection is the caller's again

 private:
  void work();
  void wait_until_sent(std::unique_lock<std::mutex>& lock);

  Connection& connection_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<char> bytes_;  // what is to be sent; the thread's while `sending_`
  bool sending_ = false;
  bool ended_ = false;
  std::exception_ptr refused_;
  std::thread thread_;
};

}  // namespace peo::target
