// Training from start to end: data, steps, metrics, checkpoints, evaluation on the way.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "train/data/dataset.h"
#include "train/loop/progress.h"
#include "train/loop/run_folder.h"
#include "train/loop/state.h"
#include "train/loop/step.h"

namespace medley::train {

struct TrainOutcome {
  enum End { finished, stopped, out_of_time };
  End end = finished;
  int64_t step = 0;
  double seconds = 0;  // of training, earlier parts of the run included
  double images_per_second = 0;
  int64_t peak_rss_mb = 0;
};

// For tests: each may be empty.
struct TrainerHooks {
  std::function<void(int64_t number, models::Batch&)> on_batch;  // batches count over the whole run
  std::function<void(int64_t step, models::Objective&)> after_backward;
  std::function<bool(int64_t step)> stop;  // asked after each step
};

class Trainer {
 public:
  // A run from the start, in a new folder.
  static Trainer start(const TrainConfig& config, const std::string& folder);
  // From the newest valid checkpoint of a run. Throws CheckpointError when `config` differs from
  // the checkpoint's in a key that matters.
  static Trainer resume(const TrainConfig& config, const std::string& folder);

  TrainOutcome train();

  TrainingState& state() { return *state_; }
  const RunFolder& run() const { return run_; }
  const GradientGraph& graph() const { return graph_; }
  TrainerHooks hooks;

 private:
  Trainer(RunFolder run, std::unique_ptr<Dataset> data, std::unique_ptr<TrainingState> state);
  void step(BatchFeed& feed);
  void skip(const StepOutcome& bad);
  void log(bool last);
  void evaluate();
  // The highest value of a figure among the evaluations before, and its step; step 0: there is
  // none.
  std::pair<int64_t, double> best_of_run(const std::string& split,
                                         const std::vector<std::string>& figure) const;
  // When the disk refuses and `must` is false, the run goes on with what was there before.
  void save(bool must);
  double images_per_second() const;

  RunFolder run_;
  std::unique_ptr<Dataset> data_;
  std::unique_ptr<TrainingState> state_;
  GradientGraph graph_;  // of its batches, on a GPU
  MetricsLog metrics_;
  std::unique_ptr<Progress> progress_;
};

int64_t peak_rss_mb();

}  // namespace medley::train
