// Training steps on a GPU as one launch each (core/cuda/graph.h).
#pragma once

#include <list>
#include <memory>
#include <utility>

#include "core/cuda/graph.h"
#include "train/loop/step.h"

namespace medley::train {

// The steps of one TrainingState. The first of a shape is run as it is, since plans and constants
// must not be made in a recording; the second is recorded, and launched from then on. What a step
// computes is train_step()'s, in every bit. Memory is that of the largest recorded step, and beside
// it that of one which runs.
class StepGraph {
 public:
  StepOutcome step(TrainingState& state, const models::Batch& batch, double lr);
  int64_t launches() const { return launches_; }

 private:
  // Of batches of one shape; models::pad() leaves few.
  struct Recording {
    Recording(models::Batch batch, Device device, std::shared_ptr<MemoryPool> pool)
        : inputs(std::move(batch)), graph(device, std::move(pool)) {}
    models::Batch inputs;  // on the device, where the graph reads them
    cuda::Graph graph;
    StepTensors tensors;  // what the graph writes
  };

  std::shared_ptr<MemoryPool> pool_;  // of all recordings: steps follow one another
  std::list<Recording> recordings_;
  int64_t launches_ = 0;
};

}  // namespace medley::train
