// One step of training, whatever is trained: the order in which an objective's parts run. The
// trainer, the tests against the original and the benchmark all take their steps here.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/objectives/objective.h"

namespace medley::models {

struct StepPlan {
  int64_t step = 0;                  // counts from 0
  int64_t batches = 1;               // the step follows the mean of their gradients
  std::function<Batch()> next = {};  // the next batch, as `gradients` takes it
  // Adds the gradients of a batch to the model's, times `share`. The default is add_gradients().
  std::function<BatchResult(const Batch& batch, double share)> gradients = {};
  // With all gradients there: the optimizer. False leaves everything as it was: nothing is
  // committed then.
  std::function<bool(const std::vector<BatchResult>&)> update = {};
};

// Zeroes the gradients, begins the step, adds up the gradients of its batches one after the other,
// updates, and commits. With several batches that is what as many processes with a batch each do in
// the original (DDP): each batch is contrasted with itself and the queue, draws its negatives from
// itself, and its features go to the queue after the step. Returns the results of the batches.
std::vector<BatchResult> take_step(Objective& objective, const StepPlan& plan);

// Losses of a batch on the model's device, and their gradients times `share`. Of a total that is
// not finite every gradient is NaN. All of it is work for the device and none waits for a result.
BatchResult add_gradients(Objective& objective, const Batch& batch, double share);

}  // namespace medley::models
