// Figures of training: sums since the last line, and metrics.jsonl that they go to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"

namespace medley::train {

struct StepFigures {
  double itc = 0, itm = 0, itm_accuracy = 0, lm = 0;
  double gradient_norm = 0;
  double temperature = 0, lr = 0;
};

// Means over the steps since the last line (temperature and rate: the last values). Its state goes
// into checkpoints, so that the line after a resume is the line of an unbroken run.
class FigureSums {
 public:
  void add(const StepFigures& figures);
  void add_skipped() { ++skipped_; }
  int64_t steps() const { return steps_; }
  StepFigures means() const;  // zeros when there was no step
  Json line(int64_t step) const;
  void reset();
  Json state() const;
  void restore(const Json& state);

 private:
  StepFigures sums_;
  int64_t steps_ = 0, skipped_ = 0;
};

// metrics.jsonl: one JSON object a line, in order of "step". A full disk costs lines, not the run:
// they wait in memory and are written when there is room again.
class MetricsLog {
 public:
  // Keeps the lines up to `last_step` of a file that is there.
  MetricsLog(std::string path, int64_t last_step);
  void append(const Json& line);
  // To the disk; throws nothing either.
  void sync();

 private:
  void write(const std::string& text);

  std::string path_;
  std::string waiting_;
  bool warned_ = false;
};

// Lines of a metrics file; empty when it is not there. A last line that was cut short is left out.
std::vector<Json> read_metrics(const std::string& path);

}  // namespace medley::train
