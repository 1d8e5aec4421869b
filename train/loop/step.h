// One optimizer step. A loss or gradient that is not finite changes nothing: the step is skipped
// and explained.
#pragma once

#include <functional>
#include <string>

#include "models/batch.h"
#include "train/loop/metrics.h"
#include "train/loop/state.h"

namespace medley::train {

struct StepOutcome {
  StepFigures figures;  // when good
  std::string
      problem;  // what was not finite, and which tensor is the first; empty: the step was good
};

// `after_backward` runs when the gradients are there (tests spoil them); it may be empty.
StepOutcome train_step(TrainingState& state, const models::Batch& batch, double lr,
                       const std::function<void(models::Blip&)>& after_backward);

// The batch of a skipped step as a safetensors file, to look at and to run again. Returns its path.
std::string save_bad_batch(const std::string& folder, int64_t step, const models::Batch& batch);

}  // namespace medley::train
