// y = act(x W^T + b) + residual, a linear layer with its epilogue in one kernel.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

struct LinearOptions {
  bool gelu = false;
  Tensor residual;  // [rows, out]; undefined: none
};

// x [.., in], weight [out, in], bias [out] (may be undefined) -> [.., out] (x's leading dimensions
// kept). Throws ShapeError.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const LinearOptions& options = {});

}  // namespace medley::autograd
