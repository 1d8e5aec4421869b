// Training from start to end: data, steps, metrics, checkpoints, evaluation on the way.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "train/data/dataset.h"
#include "train/data/loader.h"
#include "train/io/event_file.h"
#include "train/loop/best.h"
#include "train/loop/data_source.h"
#include "train/loop/progress.h"
#include "train/loop/run_folder.h"
#include "train/loop/state.h"
#include "train/loop/step.h"

namespace medley::train {

struct TrainOutcome {
  enum End { finished, stopped, out_of_time, no_better };
  End end = finished;
  int64_t step = 0;
  Best best;           // of the evaluations on the way
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

// Looks at the losses while they are written, for the two signs that a run will not learn
// (docs/recipes.md): a loss that stays where guessing puts it, a temperature that collapses.
class LossWatch {
 public:
  // Steps before `begin` are not looked at: those of the warm-up, and of an earlier process.
  LossWatch(std::vector<models::LossInfo> losses, int64_t begin);

  // With the means since the last line; what is wrong, each thing once.
  std::vector<std::string> look(int64_t step, const Figures& means);

 private:
  struct Watched {
    models::LossInfo loss;
    int64_t since;  // the step from which on it was at chance
    bool told = false;
  };
  std::vector<Watched> losses_;
  bool temperature_told_ = false;
};

// What training shows TensorBoard: the numbers of metrics.jsonl, and a few pictures of a split with
// what the model says of them. A view that cannot be written costs the view, not the run.
class RunEvents {
 public:
  RunEvents() = default;  // shows nothing
  RunEvents(const std::string& folder, int64_t step);

  void line(const Json& line);  // of metrics.jsonl
  // Nothing for a model that writes no captions.
  void samples(const models::AnyModel& model, const models::Tokenizer& tokenizer,
               const Dataset& data, const std::string& prompt, int64_t step);

 private:
  template <class Write>
  void attempt(const Write& write);

  std::unique_ptr<EventFile> file_;
};

class Trainer {
 public:
  // A run from the start, in a new folder. With an origin it starts from these weights, with that
  // vocabulary. Everything that the run will read is opened and counted first.
  static Trainer start(const TrainConfig& config, const std::string& folder,
                       const Origin* origin = nullptr);
  // From the newest valid checkpoint of a run. Throws CheckpointError when `config` differs from
  // the checkpoint's in a key that matters; another number of steps or epochs does not. So it does
  // when other data are there than the run began with, unless they may change: then it warns, and
  // a line of the metrics says so.
  static Trainer resume(const TrainConfig& config, const std::string& folder,
                        bool allow_changed_data = false);

  TrainOutcome train();

  // The step after which training ends, by train.steps and train.epochs.
  int64_t last_step() const { return last_step_; }
  const TrainingData& data() const { return data_; }
  TrainingState& state() { return *state_; }
  const RunFolder& run() const { return run_; }
  const GradientGraph& graph() const { return graph_; }
  TrainerHooks hooks;

 private:
  Trainer(RunFolder run, RunLock lock, TrainingData data, std::unique_ptr<TrainingState> state);
  void step(BatchFeed& feed);
  // What a run that ends in the middle of a step has reached.
  void rescue();
  void skip(const StepOutcome& bad);
  void tell_bad_pictures(const Loader& loader);
  void log(bool last);
  int64_t evaluate_every() const;  // steps; 0: never
  bool is_evaluation_due() const;  // after this step
  void evaluate();
  // When the disk refuses and `must` is false, the run goes on with what was there before.
  void save(bool must);
  void save_to(const std::string& folder, int64_t keep, bool must);
  void make_run_again();
  double images_per_second() const;

  RunFolder run_;
  std::optional<RunLock> lock_;
  TrainingData data_;
  std::unique_ptr<TrainingState> state_;
  std::vector<std::string> figure_;  // that decides; empty: none does
  int64_t steps_per_pass_, last_step_;
  Best best_;
  int64_t evaluated_ = -1;  // the last step that was
  GradientGraph graph_;     // of its batches, on a GPU
  MetricsLog metrics_;
  RunEvents events_;
  LossWatch watch_;
  std::set<int64_t> told_;  // bad pictures
  std::unique_ptr<Progress> progress_;
};

int64_t peak_rss_mb();

}  // namespace medley::train
