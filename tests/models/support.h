// Small models and batches for the tests of models/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/blip/blip.h"

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
void stir(Blip& blip, uint64_t seed);

// One step's losses and gradients, the gradients being zeroed before.
struct Step {
  double itc = 0, itm = 0, lm = 0, total = 0;
};
Step run_step(Blip& blip, const Batch& batch, const BatchInfo& info);

// Names of the entries that own memory.
std::vector<std::string> owners(const autograd::ParameterStore& store);

// Values in f64, whatever the element type.
std::vector<double> values(const Tensor& tensor);
double largest_difference(const Tensor& a, const Tensor& b);

// A preset with the queue, for double precision tests.
Preset tiny(int64_t queue_size, bool equal_captions = false);

}  // namespace medley::models::test
