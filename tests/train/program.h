// The program as its users meet it: run as a process of its own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace medley::train {

using Words = std::vector<std::string>;

// Starts `medley words...` with output to these files.
pid_t start(Words words, const std::string& out, const std::string& err);
// The exit code, or 1000 and the signal that ended it.
int wait_for(pid_t child);

struct Result {
  int code;
  std::string out, err;
};
// `input` becomes its standard input.
Result run(const Words& words, const std::string& input = {});

Words with(Words words, const Words& more);

}  // namespace medley::train
