// What a person sees while training runs, on stderr: a line wherever metrics have one, and on a
// terminal one below them that is redrawn.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "train/loop/metrics.h"

namespace medley::train {

class Progress {
 public:
  // `steps`: where training ends; `step`: where it begins now.
  Progress(int64_t step, int64_t steps);
  ~Progress();  // ends the redrawn line

  // After every step; draws at most ten times a second.
  void update(int64_t step, const Figures& means, double images_per_second);
  // Where a line of metrics is written.
  void line(int64_t step, const Figures& means, double images_per_second);
  // Clears the redrawn line, so that a message can be printed.
  void clear();

 private:
  std::string text(int64_t step, const Figures& means, double images_per_second) const;

  using Clock = std::chrono::steady_clock;
  bool terminal_;
  int64_t first_step_, steps_;
  Clock::time_point start_ = Clock::now(), drawn_{};
  bool shown_ = false;
};

}  // namespace medley::train
