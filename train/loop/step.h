// One optimizer step. A loss or gradient that is not finite changes nothing: the step is skipped
// and explained.
#pragma once

#include <functional>
#include <string>

#include "models/batch.h"
#include "train/loop/finite.h"
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

// The parts of a step, in order. Only the third is work of the device and nothing else, so that a
// graph can hold it (step_graph.h).
// 1. The batch as the device takes it, still on the CPU: on a GPU its text is padded.
models::Batch step_batch(const TrainingState& state, const models::Batch& batch);
// 2. Counts the step and writes its numbers to the device.
void begin_step(TrainingState& state, double lr);
// 3. Losses, gradients, update of the weights; `batch` is on the device.
struct StepTensors {
  models::StepResult result;
  SquaredNorm gradient;
};
StepTensors queue_step(TrainingState& state, const models::Batch& batch,
                       const std::function<void(models::Blip&)>& after_backward);
// 4. Waits for the figures. Of a good step the features go to the queue, a bad one is taken back.
// `batch` is as it was given.
StepOutcome finish_step(TrainingState& state, const models::Batch& batch,
                        const StepTensors& tensors, double lr);

// The batch of a skipped step as a safetensors file, to look at and to run again. Returns its path.
std::string save_bad_batch(const std::string& folder, int64_t step, const models::Batch& batch);

}  // namespace medley::train
