// Image-text contrastive loss with momentum features, queue and soft targets; see kernels/itc.h.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

struct ItcInputs {
  Tensor image, text;                    // [B, E] unit rows, differentiable
  Tensor temp;                           // [1], differentiable
  Tensor image_momentum, text_momentum;  // [B, E]
  Tensor image_queue, text_queue;        // [Q, E]; undefined when Q = 0
  // [B] and [Q] i64: ids of equal captions; undefined: only the pair is positive.
  Tensor caption, queue_caption;
  const double* alpha = nullptr;  // weight of the soft targets, on their device; null: 0
};

struct ItcResult {
  Tensor loss;                    // scalar
  Tensor sim_i2t, sim_t2i;        // [B, B + Q], no gradient
  Tensor target_i2t, target_t2i;  // [B, B + Q]
};

ItcResult itc(const ItcInputs& inputs);

}  // namespace medley::autograd
