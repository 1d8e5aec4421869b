// The feed-forward part of a transformer layer: residual + dropout(W2 gelu(W1 x)), or with
// stochastic depth in place of the dropout.
#pragma once

#include <string>

#include "autograd/nn/linear.h"

namespace medley::autograd {

class Mlp {
 public:
  Mlp() = default;
  Mlp(ParameterBuilder& builder, const std::string& first, const std::string& second, int64_t width,
      int64_t hidden, Init weight)
      : first_(builder, first, width, hidden, weight),
        second_(builder, second, hidden, width, weight) {}

  // x, residual [rows, C] -> [rows, C]; samples as in Linear::residual.
  Tensor operator()(const Tensor& x, const Tensor& residual, const kernels::DropoutKey& key = {},
                    int64_t samples = 0) const {
    return second_.residual(first_(x, {.gelu = true, .residual = {}}), residual, key, samples);
  }

 private:
  Linear first_, second_;
};

}  // namespace medley::autograd
