// Starts a child process: initdb, the server, psql.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "embedded/account.hpp"

namespace peo::embedded {

struct ChildOptions {
  std::optional<Account> account;  // none: that of this process
  int output = -1;                 // file for both output streams; -1: inherited
  // A clean environment (else that of this process without secrets), no input, and its own session, so that
  // Ctrl-C in the terminal doesn't reach it.
  bool detached = true;
  // A signal that it gets when the thread that started it ends; 0: it outlives this process.
  int parent_death_signal = 0;
};

// arguments[0] is the program's path (or, if not detached, a name to find in PATH). Throws if it can't be
// started.
pid_t start_child(std::vector<std::string> arguments, const ChildOptions& options);

// Its exit status (128 + signal) once it has ended; call until then to reap it. A child that has already been
// reaped elsewhere counts as ended with 0.
std::optional<int> ended(pid_t child);

// Whether any process with this id is alive (not a zombie).
bool alive(pid_t pid);

}  // namespace peo::embedded
