// Layer normalisation under the original's names: <name>.weight [C] from 1, <name>.bias [C] from 0.
#pragma once

#include <string>

#include "autograd/nn/parameters.h"
#include "autograd/ops/layernorm.h"

namespace medley::models {

class LayerNorm {
 public:
  LayerNorm() = default;
  LayerNorm(autograd::ParameterBuilder& builder, const std::string& name, int64_t width, double eps)
      : weight_(builder.add(name + ".weight", {width}, autograd::Init::fill(1))),
        bias_(builder.add(name + ".bias", {width}, {})),
        eps_(eps) {}

  // x [rows, C] -> [rows, C]
  Tensor operator()(const Tensor& x) const { return autograd::layernorm(x, weight_, bias_, eps_); }

 private:
  autograd::Parameter weight_, bias_;
  double eps_ = 0;
};

}  // namespace medley::models
