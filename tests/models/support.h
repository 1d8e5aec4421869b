// Small models and batches for the tests of models/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/objectives/pretrain.h"

namespace medley::models::test {

inline constexpr int32_t kFirstWord = 6;

// Token ids of B captions of 3 to max_tokens tokens: [CLS] words [SEP].
std::vector<std::vector<int32_t>> random_captions(const ModelConfig& model, int64_t B,
                                                  uint64_t seed);

// Pictures of normal noise and random captions; the last pair has the first one's caption, under
// its id.
Batch random_batch(const ModelConfig& model, int64_t B, uint64_t seed, DType dtype = DType::f64);

// Adds noise to all weights, biases and LayerNorms included, and other noise to the momentum model:
// nothing is then right by being zero or by being equal.
void stir(Pretraining& objective, uint64_t seed);
void stir(const autograd::ParameterStore& store, uint64_t seed);

// A model of the preset with its pre-training; one seed for weights, queue and draws.
Pretraining pretraining(const Preset& p, DType dtype, uint64_t seed, Device device = {});

// The number of a step, and what stands in for its draws: [B] i32 each, undefined where it draws.
struct At {
  int64_t step = 0;
  Tensor negative_images, negative_texts;
};
Tensor indices(const std::vector<int32_t>& values);  // [n] i32

// One step's losses; its gradients are in the model, whose weights stay as they are.
struct Step {
  double itc = 0, itm = 0, lm = 0, total = 0;
};
Step run_step(Pretraining& objective, const Batch& batch, const At& at = {});
// The losses alone, before a tape or without: as a step begins it.
BatchResult losses_of(Pretraining& objective, const Batch& batch, const At& at = {});

// Names of the entries that own memory.
std::vector<std::string> owners(const autograd::ParameterStore& store);

// Values in f64, whatever the element type.
std::vector<double> values(const Tensor& tensor);
double largest_difference(const Tensor& a, const Tensor& b);

// A preset with the queue, for double precision tests.
Preset tiny(int64_t queue_size, bool equal_captions = false);

}  // namespace medley::models::test
