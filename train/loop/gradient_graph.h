// Losses and gradients of a batch on a GPU as one launch (core/cuda/graph.h).
#pragma once

#include <list>
#include <memory>
#include <utility>

#include "core/cuda/graph.h"
#include "models/objectives/step.h"

namespace medley::train {

// For one objective that is recordable. The first batch of a shape is run as it is, since plans and
// constants must not be made in a recording; the second is recorded, and launched from then on.
// What is computed is models::add_gradients()'s, in every bit. Memory is that of the largest
// recorded batch, and beside it that of one which runs.
class GradientGraph {
 public:
  // Text is padded, and on the CPU; pictures may be on the device already.
  models::BatchResult add_gradients(models::Objective& objective, const models::Batch& padded,
                                    double share);
  int64_t launches() const { return launches_; }

 private:
  // Of batches of one shape; models::pad() leaves few.
  struct Recording {
    Recording(models::Batch batch, Device device, std::shared_ptr<MemoryPool> pool)
        : inputs(std::move(batch)), graph(device, std::move(pool)) {}
    models::Batch inputs;  // on the device, where the graph reads them
    cuda::Graph graph;
    models::BatchResult result;  // what the graph writes
  };

  std::shared_ptr<MemoryPool> pool_;  // of all recordings: batches follow one another
  std::list<Recording> recordings_;
  int64_t launches_ = 0;
};

}  // namespace medley::train
