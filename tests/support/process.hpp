// A program run by a test: started, watched, signalled, waited for.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "support/support.hpp"

namespace seg::test {

class Process {
 public:
  struct Options {
    std::vector<std::string> environment = {};  // NAME=value, added to ours
    std::function<void()> before_exec = {};     // in the child: limits, another user; must not allocate much
  };

  /// Starts `command` with stdin closed; what it prints is collected in files.
  explicit Process(const std::vector<std::string>& command, const Options& options);
  explicit Process(const std::vector<std::string>& command) : Process(command, Options{}) {}
  ~Process();  // kills what still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running();
  void send(int signal);
  /// Waits for the end; kills the process after `seconds`, which is a failed test.
  ProgramResult wait(double seconds = 240);
  pid_t id() const { return pid_; }

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
  int status_ = 0;
  rusage usage_{};
  bool ended_ = false;
};

/// Starts a program and waits for it.
ProgramResult run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});

/// Asks again and again, every millisecond, until `condition` holds; false after `seconds`.
bool wait_until(const std::function<bool()>& condition, double seconds = 120);

}  // namespace seg::test
