// Golden weights in and out of a Blip: names of the original, tied tensors stored once.
#pragma once

#include "models/objectives/contrastive.h"
#include "tests/oracle/oracle.h"

namespace medley::oracle {

// Of a config.json of blip/.
models::SpecialTokens special_tokens(const Json& config);

// Copies `from` into `to`, converting floats; shapes must agree.
void copy_values(const Tensor& to, const Tensor& from);

// Fills those parameters that the file has; fails the test when a floating tensor has no place.
void load_some(models::Blip& blip, const Tensors& weights);

// Fills the parameters of a model that is no Blip. Fails the test when one is not in the file or a
// floating tensor of the file has no place.
void load_store(const autograd::ParameterStore& store, const Tensors& weights);

// Fills the queues: features, ids where the file has them, the pointer.
void load_queue(models::FeatureQueue& queue, const Tensors& weights);

// Fills weights, momentum weights and queues. Fails the test when a parameter is
// not in the file or a floating tensor of the file has no place.
void load(models::Contrastive& objective, const Tensors& weights);

// The largest difference between model, momentum model and queues and the file, over all its
// floating tensors but those whose name `skip` holds.
double largest_weight_difference(models::Contrastive& objective, const Tensors& weights,
                                 bool (*skip)(const std::string& name));

// Row b of ids [B, T] up to its mask's end, packed.
models::PackedText packed(const Tensors& inputs, const std::string& prefix);

// A batch of inputs <prefix>images, <prefix>input_ids, <prefix>attention_mask.
models::Batch batch_of(const Tensors& inputs, const std::string& prefix, DType dtype);

// [n] i32 from a JSON array.
Tensor indices(const Json& array);

}  // namespace medley::oracle
