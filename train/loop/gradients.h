// Losses of one of a step's batches, and their gradients.
#pragma once

#include "train/loop/state.h"

namespace medley::train {

// The batch as the device takes it, still on the CPU: on a GPU its text is padded.
models::Batch padded_batch(const TrainingState& state, const models::Batch& batch);

// Adds the gradients of the batch's total loss, divided by train.accumulate, to the model's
// gradients: those of a step are the mean over its batches. `batch` lies on the model's device;
// `number` counts batches from 0 over the whole run. Of a loss that is not finite every gradient is
// NaN. All of it is work for the device, and none waits for a result, so that a graph can hold it
// (gradient_graph.h): Blip::publish(number) comes before.
models::BatchResult add_gradients(TrainingState& state, const models::Batch& batch, int64_t number);

}  // namespace medley::train
