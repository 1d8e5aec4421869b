// Figures of training: sums since the last line, and metrics.jsonl that they go to.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "models/objectives/objective.h"

namespace medley::train {

// Numbers with their names, in the order in which metrics.jsonl has them.
struct Figures {
  std::vector<models::Figure> what;
  std::vector<double> values;

  double at(const std::string& name) const;  // throws ValueError for another name
};
// What a step of this objective gives: the objective's figures, the gradient's norm and the rate.
std::vector<models::Figure> step_figures(const models::Objective& objective);

// Means since the last line, and last values. Its state goes into checkpoints, so that the line
// after a resume is the line of an unbroken run.
class FigureSums {
 public:
  explicit FigureSums(std::vector<models::Figure> what);
  void add(const std::vector<double>& values);  // as many as there are figures
  void add_skipped() { ++skipped_; }
  int64_t steps() const { return steps_; }
  Figures means() const;  // zeros when there was no step
  Json line(int64_t step) const;
  void reset();
  Json state() const;
  void restore(const Json& state);

 private:
  Figures sums_;
  int64_t steps_ = 0, skipped_ = 0;
};

// metrics.jsonl: one JSON object a line, in order of "step". A full disk costs lines, not the run:
// they wait in memory and are written when there is room again.
class MetricsLog {
 public:
  // Keeps the lines up to `last_step` of a file that is there.
  MetricsLog(std::string path, int64_t last_step);
  void append(const Json& line);
  // To the disk, with all lines that wait; throws nothing either.
  void sync();

 private:
  void write(const std::string& text);

  std::string path_;
  std::string waiting_;
  bool warned_ = false;
};

// The numbers of a line with their paths: "itc", "eval.val.i2t.r1". Intervals are left out.
std::vector<std::pair<std::string, double>> numbers_of(const Json& line);
// Lines as a table for spreadsheets: a row per line, a column per number that any of them has.
std::string metrics_csv(const std::vector<Json>& lines);

// Lines of a metrics file; empty when it is not there. A last line that was cut short is left out.
std::vector<Json> read_metrics(const std::string& path);

}  // namespace medley::train
