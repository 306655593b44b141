#include "target/copy_sender.hpp"

#include <utility>

namespace peo::target {

void send_pieces(Connection& connection, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
    connection.copy_data(bytes.substr(at, piece_bytes));
}

CopySender::CopySender(Connection& connection) : connection_(connection), thread_([this] { work(); }) {}

CopySender::~CopySender() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CopySender::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return sending_ || ended_; });
    if (!sending_) return;
    lock.unlock();
    std::exception_ptr refused;
    try {
      send_pieces(connection_, {bytes_.data(), bytes_.size()});
    } catch (...) {
      refused = std::current_exception();
    }
    lock.lock();
    refused_ = std::move(refused);
    sending_ = false;
    changed_.notify_all();
  }
}

void CopySender::wait_until_sent(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return !sending_; });
  if (refused_) std::rethrow_exception(std::exchange(refused_, nullptr));
}

void CopySender::send(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  wait_until_sent(lock);
  bytes_.assign(bytes.begin(), bytes.end());
  sending_ = true;
  changed_.notify_all();
}

void CopySender::finish() {
  std::unique_lock lock(mutex_);
  wait_until_sent(lock);
}

}  // namespace peo::target
