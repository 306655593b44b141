// The flags that set a variable: --target CONNINFO overrides the variable TARGET. One thread.
#pragma once
#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace peo::cli {

class SettingFlags {
 public:
  void add_to(CLI::App& program);

  // The first flag that was given; empty: none was.
  std::string first() const;
  // Flag by variable, of those that were given.
  std::map<std::string, std::string> given() const;
  // Sets the variables of this process; before any thread. A value that contains a secret is an error.
  void set_variables() const;

 private:
  std::map<std::string, std::string> values_;  // by variable
};

}  // namespace peo::cli
