// GELU and its derivative for kernels, element by element in f32; kernels/reference/gelu.h has the
// formulas. The exact form: cublasLt's fused GELU is the tanh approximation, which differs by up to
// 4.7e-4 in the value (at -2.7: 5 % of it, 8 units in the last place of bf16) and 8.7e-4 in the
// derivative from the function that BLIP is trained with.
#pragma once

#include "kernels/cuda/device/cuda.h"

namespace medley::kernels::cuda {

MEDLEY_DEVICE float gelu(float x) { return x / 2 * (1 + erff(x * 0.70710678f)); }

MEDLEY_DEVICE float gelu_gradient(float x) {
  return (1 + erff(x * 0.70710678f)) / 2 + x * 0.39894228f * expf(-x * x / 2);
}

}  // namespace medley::kernels::cuda
