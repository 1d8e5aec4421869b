// A linear layer: y = x W^T + b with <name>.weight [out, in] and <name>.bias [out].
#pragma once

#include <string>
#include <vector>

#include "autograd/nn/parameters.h"
#include "autograd/ops/linear.h"
#include "kernels/dropout.h"

namespace medley::autograd {

class Linear {
 public:
  Linear() = default;
  Linear(ParameterBuilder& builder, const std::string& name, int64_t in, int64_t out, Init weight,
         Init bias = {});
  // Starts as PyTorch's does.
  Linear(ParameterBuilder& builder, const std::string& name, int64_t in, int64_t out);

  // Several layers of one input as one matrix: the owner is <name>.<joined>.weight [k out, in], and
  // its rows carry the names <name>.<part>.weight, part by part.
  static Linear fused(ParameterBuilder& builder, const std::string& name, const std::string& joined,
                      const std::vector<std::string>& parts, int64_t in, int64_t out, Init weight);

  // x [rows, in] -> [rows, out]
  Tensor operator()(const Tensor& x, const LinearOptions& options = {}) const;
  // residual + dropout(x W^T + b), in one kernel when nothing is dropped. With samples > 0 the rows
  // are those of so many samples, and whole samples are dropped (stochastic depth).
  Tensor residual(const Tensor& x, const Tensor& residual, const kernels::DropoutKey& key = {},
                  int64_t samples = 0) const;

 private:
  Parameter weight_, bias_;
};

// PyTorch's starting values of a linear layer or convolution, for the weight and the bias: uniform
// within 1 / sqrt(inputs of one output).
Init torch_default(int64_t fan_in);

}  // namespace medley::autograd
