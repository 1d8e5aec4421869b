// Signals as a request: the step that runs is finished and saved. Ctrl-C, SIGTERM, the SIGHUP of a
// terminal that is closed, and SIGUSR1, which schedulers send before the time is up. A second one
// ends the program at once, unless it follows within a second: a key that bounces, or a shell and
// a scheduler that both send one.
#pragma once

#include <array>
#include <csignal>

namespace medley::train {

class StopSignal {
 public:
  StopSignal();   // one at a time
  ~StopSignal();  // puts the handlers back that were there
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  static bool requested();

 private:
  std::array<struct sigaction, 4> before_{};
};

// A file that grows over the process's limit, and a pipe that nobody reads any more, fail with an
// error then, instead of ending the process.
void ignore_write_signals();

}  // namespace medley::train
