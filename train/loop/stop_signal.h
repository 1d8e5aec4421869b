// Ctrl-C and SIGTERM as a request: the step that runs is finished and saved. A second one ends the
// program at once.
#pragma once

namespace medley::train {

class StopSignal {
 public:
  StopSignal();   // one at a time
  ~StopSignal();  // puts the handlers back that were there
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  static bool requested();
};

// A file that grows over the process's limit fails with an error then, instead of ending the
// process.
void ignore_file_size_signal();

}  // namespace medley::train
