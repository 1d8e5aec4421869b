// All that a training run is at one step: what a checkpoint holds, and what a resumed run needs to
// go on bit for bit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "models/blip/blip.h"
#include "models/objectives/objective.h"
#include "models/text/tokenizer.h"
#include "train/checkpoint/folder.h"
#include "train/config/config.h"
#include "train/loop/metrics.h"
#include "train/loop/optimizers.h"
#include "train/loop/origin.h"

namespace medley::train {

struct TrainingState {
  // A model with its starting weights, the origin's where there is one, at step 0. Throws
  // ConfigError when something would stay as it was drawn: new, and not trained.
  TrainingState(const TrainConfig& config, const models::Tokenizer& tokenizer,
                const Origin* origin = nullptr);

  TrainConfig config;
  models::Tokenizer tokenizer;
  std::unique_ptr<models::Objective> objective;
  Taken taken;  // of the origin
  Optimizers optimizers;
  FigureSums sums;        // of the line of metrics that is being collected
  int64_t step = 0;       // steps done, of train.accumulate batches each
  int64_t bad_steps = 0;  // in a row, up to now
  bool is_whole = true;   // no step is changing it
  double seconds = 0;     // of training so far, evaluation and saving left out
  Json data;              // what training reads: see identity_of()

  Device device() const { return objective->device(); }
  std::vector<CheckpointFile> checkpoint_files();
  // Throws CheckpointError when the checkpoint's configuration is another one, naming the keys.
  void restore(const std::string& checkpoint);
};

// What the configuration trains, from its seed. On Meta it has no weights, but says what it is.
std::unique_ptr<models::Objective> new_objective(const TrainConfig& config,
                                                 const models::Tokenizer& tokenizer, Device device);
// The weights of a checkpoint into a model of its sizes.
void restore_weights(const autograd::ParameterStore& store, const std::string& checkpoint);
// The files of a checkpoint that holds weights alone: to use, not to go on from.
std::vector<CheckpointFile> weight_files(const FlatArena& weights, const TrainConfig& config,
                                         const models::Tokenizer& tokenizer);
// The configuration that a checkpoint was written with.
TrainConfig checkpoint_config(const std::string& checkpoint);

}  // namespace medley::train
