// One optimizer step. A loss or gradient that is not finite changes nothing: the step is skipped
// and explained.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/batch.h"
#include "models/objectives/step.h"
#include "train/loop/feed.h"
#include "train/loop/gradient_graph.h"
#include "train/loop/metrics.h"
#include "train/loop/state.h"

namespace medley::train {

struct StepOutcome {
  Figures figures;  // when good; means over its batches
  // What was not finite, and which tensor is the first; empty: the step was good.
  std::string problem;
  std::vector<models::Batch> batches;  // of a bad step: what it was given
};

struct StepOptions {
  double lr = 0;
  GradientGraph* graph = nullptr;  // on a GPU: batches are launched; null: they are run
  bool last = false;               // no step follows: nothing is fetched for it
  // Runs when the gradients are there (tests spoil them); it may be empty.
  std::function<void(models::Objective&)> after_backward = {};
};

// models::take_step with train.accumulate batches and AdamW. The device is not waited for before
// all batches are queued.
StepOutcome train_step(TrainingState& state, BatchFeed& feed, const StepOptions& options);

}  // namespace medley::train
