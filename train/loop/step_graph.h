// Training steps on a GPU as one launch each (core/cuda/graph.h).
#pragma once

#include <optional>

#include "core/cuda/graph.h"
#include "train/loop/step.h"

namespace medley::train {

// The steps of one TrainingState. The first is run as it is, since plans and constants must not be
// made in a recording; the second is recorded, and launched from then on. A batch of another shape
// begins anew. What a step computes is train_step()'s, in every bit.
class StepGraph {
 public:
  StepOutcome step(TrainingState& state, const models::Batch& batch, double lr);
  int64_t launches() const { return launches_; }

 private:
  models::Batch inputs_;  // on the device, where the recording reads them
  std::optional<cuda::Graph> graph_;
  StepTensors tensors_;  // what the recording writes: in memory of the graph
  int64_t launches_ = 0;
};

}  // namespace medley::train
