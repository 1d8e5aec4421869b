// The trainer itself walks a recorded run of the original: from its weights, with its settings, its
// batches and its draws.
//
//   Walk walk(walk_config("retrieval", config, "f64"), "blip/itm/weights.safetensors", rows);
//   walk.trainer.hooks.on_batch = ...;  // the recorded batch and draws in place of own ones
//   const std::vector<Json> steps = walk.train();
#pragma once

#include <string>
#include <vector>

#include "models/objectives/contrastive.h"
#include "tests/oracle/oracle.h"
#include "tests/train/temp_folder.h"
#include "train/loop/trainer.h"

namespace medley::oracle {

// Losses as `config` of a set of steps has them. Fails the test where they would give another alpha
// than a step had.
models::LossConfig loss_config(const Json& config);

// The recipe of an objective with the sizes, losses and AdamW of a set, where it has them. A line
// of metrics each step, nothing random, no evaluation.
train::TrainConfig walk_config(const std::string& objective, const Json& config,
                               const std::string& precision);

struct Walk {
  // From a file of the golden values. `rows` is a list as BLIP has them, but without pictures: all
  // show the same, and hooks put the recorded ones there.
  Walk(const train::TrainConfig& config, const std::string& weights, Json rows);

  // The lines of metrics.jsonl, one for each step.
  std::vector<Json> train();
  autograd::ParameterStore& weights() { return trainer.state().objective->weights(); }
  models::Contrastive& contrastive();  // of pre-training and retrieval

  train::TempFolder folder;
  train::Trainer trainer;
};

// So many captions.
Json rows_of_captions(int64_t count);

// The recorded draws of a step.
void use_draws(models::Contrastive& objective, const Json& step);

// Of pre-training and retrieval: begins with the queues of `weights`; step i takes the batch
// step<i>.* of `inputs` and the draws of steps[i].
void feed(Walk& walk, const Json& steps, const Tensors& inputs, const Tensors& weights);

double distance(const Json& a, const Json& b);  // of two numbers

// Rows of `pictures` in another order.
Tensor rows_of(const Tensor& pictures, const std::vector<int64_t>& rows);

// CHECKs the gradients of a step against the recorded ones.
void check_gradients(Walk& walk, const Tensors& gradients, double tolerance);

// Where a set has gradients and no weights after a step: the first step of AdamW in closed form,
//   w (1 - lr decay) - lr g / (|g| + eps)
// of the recorded weights and gradients.
void check_first_update(Walk& walk, const std::string& weights, const Tensors& gradients);

}  // namespace medley::oracle
