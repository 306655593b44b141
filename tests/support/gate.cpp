#include "support/gate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace peo::test {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_waiting = std::size_t{256} * 1024;  // bytes of one direction

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Bound but not listening, the port refuses and stays ours.
int bound_socket(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int one = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  const auto address = loopback(port);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    throw std::runtime_error("the gate can't take its port");
  }
  return socket;
}

// A close that the other side sees as "connection reset by peer".
void reset(int& socket) {
  if (socket < 0) return;
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
  socket = -1;
}

struct Way {  // one direction of a conversation
  int from = -1, to = -1;
  std::string waiting;  // read, not yet sent
  steady_clock::time_point not_before{};
  bool ended = false;  // `from` has said its last
};

struct Conversation {
  int client = -1, server = -1;
  Way up, down;
  bool awaits_answer = false;  // the rule's words have passed; it acts when the server has answered
  bool vanished = false;
};

// The end of the first occurrence that ends behind `from`: what arrived in two pieces is found, and only
// once.
std::size_t end_of(const std::string& words, const std::string& text, std::size_t from) {
  const auto at = text.find(words, from - std::min(from, words.size() - 1));
  return at == std::string::npos ? at : at + words.size();
}

// A statement begins with its name in a comment. Executing a prepared one sends only the name it is prepared
// as.
std::size_t end_of_statement(const std::string& name, const std::string& text, std::size_t from) {
  return std::min(end_of("/* " + name + " */", text, from), end_of('\0' + name + '_', text, from));
}

}  // namespace

struct Gate::Inner {
  int server_port = 0, port = 0;
  int listener = -1, wake = -1;
  mutable std::mutex mutex;  // guards all below
  GateFaults faults;
  std::optional<GateRule> rule;
  std::atomic<bool> used{false};
  std::list<Conversation> conversations;
  std::uint64_t accepted = 0;
  std::uint64_t passed = 0;  // bytes, since the faults were set
  steady_clock::time_point faults_since{};
  bool ended = false;
  std::thread thread;

  void poke() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
  }

  void work();
  void accept_new();
  void read(Conversation& conversation, Way& way);
  void write(Way& way);
  void obey(Conversation& conversation, Fate fate);
  static void cut(Conversation& conversation) {
    reset(conversation.client);
    reset(conversation.server);
  }
  bool may_pass(const Way& way) const {
    if (faults.delay.count() != 0 && steady_clock::now() < way.not_before) return false;
    if (faults.bytes_per_second == 0) return true;
    const auto seconds = std::chrono::duration<double>(steady_clock::now() - faults_since).count();
    return static_cast<double>(passed) < seconds * static_cast<double>(faults.bytes_per_second);
  }
  void look_for_rule(Conversation& conversation, std::size_t from);
};

void Gate::Inner::accept_new() {
  const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  ++accepted;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(server_port);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(server);
    int gone = client;
    reset(gone);
    return;
  }
  ::fcntl(server, F_SETFL, O_NONBLOCK);
  const int one = 1;
  for (const int socket : {client, server}) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  Conversation conversation;
  conversation.client = client;
  conversation.server = server;
  conversation.up = {client, server, {}, {}, false};
  conversation.down = {server, client, {}, {}, false};
  conversations.push_back(std::move(conversation));
}

void Gate::Inner::obey(Conversation& conversation, Fate fate) {
  if (fate == Fate::Cut) cut(conversation);
  if (fate == Fate::Vanish) conversation.vanished = true;
}

void Gate::Inner::look_for_rule(Conversation& conversation, std::size_t from) {
  const auto& text = conversation.up.waiting;
  while (rule) {
    const auto& wanted = rule->after.empty() ? rule->statement : rule->after;
    from = wanted.empty() ? end_of(rule->words, text, from) : end_of_statement(wanted, text, from);
    if (from == std::string::npos) return;
    if (!rule->after.empty()) {
      rule->after.clear();
      continue;
    }
    if (--rule->nth != 0) continue;
    if (rule->moment == Moment::AfterAnswer) {
      conversation.awaits_answer = true;
      return;
    }
    const auto action = std::move(rule->action);
    rule.reset();
    used = true;
    obey(conversation, action());
  }
}

void Gate::Inner::read(Conversation& conversation, Way& way) {
  std::array<char, 65536> piece{};
  const auto got = ::recv(way.from, piece.data(), piece.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (got < 0) return cut(conversation);
  if (got == 0) {
    way.ended = true;
    return;
  }
  const auto before = way.waiting.size();
  way.waiting.append(piece.data(), static_cast<std::size_t>(got));
  if (faults.delay.count() != 0) way.not_before = steady_clock::now() + faults.delay;
  if (&way == &conversation.up && rule && !conversation.awaits_answer) {
    look_for_rule(conversation, before);
  } else if (&way == &conversation.down && conversation.awaits_answer && rule) {
    const auto action = std::move(rule->action);
    rule.reset();
    conversation.awaits_answer = false;
    used = true;
    obey(conversation, action());
  }
}

void Gate::Inner::write(Way& way) {
  auto count = way.waiting.size();
  if (faults.bytes_per_second != 0) count = std::min(count, faults.bytes_per_second / 20 + 1);
  if (faults.cut_after) count = std::min<std::uint64_t>(count, *faults.cut_after);
  const auto sent = ::send(way.to, way.waiting.data(), count, MSG_NOSIGNAL);
  if (sent < 0) return;  // gone: the reader of that side sees it
  way.waiting.erase(0, static_cast<std::size_t>(sent));
  passed += static_cast<std::uint64_t>(sent);
  if (faults.cut_after) {
    *faults.cut_after -= static_cast<std::uint64_t>(sent);
    if (*faults.cut_after == 0) {
      faults.cut_after.reset();
      for (auto& each : conversations) cut(each);
    }
  }
}

void Gate::Inner::work() {
  std::vector<pollfd> sockets;
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (ended) return;
      std::erase_if(conversations, [](auto& c) {
        const auto done = [](const Way& way) { return way.ended && way.waiting.empty(); };
        if (c.client < 0) return true;
        if (!c.vanished && (done(c.up) || done(c.down))) {
          ::close(c.client);
          ::close(c.server);
          return true;
        }
        return false;
      });
      sockets.clear();
      sockets.push_back({wake, POLLIN, 0});
      sockets.push_back({faults.refuse ? -1 : listener, POLLIN, 0});
      for (const auto& c : conversations) {
        const bool silent = c.vanished || faults.vanish;
        const auto in = [&](const Way& way) {
          return !silent && !way.ended && way.waiting.size() < most_waiting ? POLLIN : 0;
        };
        const auto out = [&](const Way& way) {
          return !silent && !way.waiting.empty() && may_pass(way) ? POLLOUT : 0;
        };
        const auto entry = [&](int socket, int events) {
          sockets.push_back({events == 0 ? -1 : socket, static_cast<short>(events), 0});
        };
        entry(c.client, in(c.up) | out(c.down));
        entry(c.server, in(c.down) | out(c.up));
      }
    }
    const bool slow = [&] {
      const std::lock_guard lock(mutex);
      return faults.delay.count() != 0 || faults.bytes_per_second != 0;
    }();
    ::poll(sockets.data(), sockets.size(), slow ? 10 : 1000);
    const std::lock_guard lock(mutex);
    if (sockets[0].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = ::read(wake, &count, sizeof count);
    }
    std::size_t at = 2;
    for (auto& c : conversations) {  // none was added since the list of sockets was made
      if (at + 1 >= sockets.size()) break;
      const auto client = sockets[at].revents;
      const auto server = sockets[at + 1].revents;
      at += 2;
      if (c.client < 0 || c.vanished || faults.vanish) continue;
      constexpr short readable = POLLIN | POLLHUP | POLLERR;
      if ((client & readable) != 0 && !c.up.ended) read(c, c.up);
      if (c.client >= 0 && !c.vanished && (server & readable) != 0 && !c.down.ended) read(c, c.down);
      if (c.client >= 0 && !c.vanished && !c.down.waiting.empty() && may_pass(c.down)) write(c.down);
      if (c.client >= 0 && !c.vanished && !c.up.waiting.empty() && may_pass(c.up)) write(c.up);
    }
    if ((sockets[1].revents & POLLIN) != 0) accept_new();
  }
}

Gate::Gate(int server_port) : inner_(std::make_unique<Inner>()) {
  auto& in = *inner_;
  in.server_port = server_port;
  in.wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  in.listener = bound_socket(0);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(in.listener, reinterpret_cast<sockaddr*>(&address), &length);
  in.port = ntohs(address.sin_port);
  ::listen(in.listener, 64);
  in.thread = std::thread([inner = inner_.get()] { inner->work(); });
}

Gate::~Gate() {
  {
    const std::lock_guard lock(inner_->mutex);
    inner_->ended = true;
  }
  inner_->poke();
  inner_->thread.join();
  for (auto& each : inner_->conversations) Inner::cut(each);
  ::close(inner_->listener);
  ::close(inner_->wake);
}

int Gate::port() const { return inner_->port; }

void Gate::faults(const GateFaults& faults) {
  auto& in = *inner_;
  const std::lock_guard lock(in.mutex);
  if (faults.refuse != in.faults.refuse) {
    ::close(in.listener);
    in.listener = bound_socket(in.port);
    if (!faults.refuse) ::listen(in.listener, 64);
  }
  const bool back = in.faults.vanish && !faults.vanish;
  for (auto& each : in.conversations) {
    if (back || each.vanished) Inner::cut(each);
  }
  in.faults = faults;
  in.passed = 0;
  in.faults_since = steady_clock::now();
  in.poke();
}

void Gate::cut() {
  const std::lock_guard lock(inner_->mutex);
  for (auto& each : inner_->conversations) Inner::cut(each);
  inner_->poke();
}

void Gate::at(GateRule rule) {
  const std::lock_guard lock(inner_->mutex);
  inner_->used = false;
  inner_->rule = std::move(rule);
}

bool Gate::rule_used() const { return inner_->used; }

std::uint64_t Gate::connections() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->accepted;
}

std::size_t Gate::open_connections() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->conversations.size();
}

}  // namespace peo::test
