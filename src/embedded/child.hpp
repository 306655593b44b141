// Starting a program beside ours: initdb, the server, psql.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "embedded/account.hpp"

namespace peo::embedded {

struct ChildOptions {
  std::optional<Account> account;  // ours when absent
  int output = -1;                 // both streams go to this file; -1: ours
  // A clean environment (else ours, without what holds passwords and keys), no input, and its own session, so
  // that a Ctrl-C on the terminal does not reach it.
  bool apart = true;
  // A signal that it gets when the thread that started it ends; 0: it outlives us.
  int signal_when_we_die = 0;
};

// arguments[0] is the program's path (or, when not apart, a name to be found in PATH). Throws when it can't
// be started.
pid_t start_child(std::vector<std::string> arguments, const ChildOptions& options);

// Its exit status (128 + signal) once it has ended; call until then, so that it is reaped. A child that
// somebody else has reaped counts as ended with 0.
std::optional<int> ended(pid_t child);

// Whether a process of that id, ours or not, is alive (not a zombie).
bool alive(pid_t pid);

}  // namespace peo::embedded
