// Layer normalisation: <name>.weight [C] starts at 1, <name>.bias [C] at 0.
#pragma once

#include <string>

#include "autograd/nn/parameters.h"
#include "autograd/ops/layernorm.h"

namespace medley::autograd {

class LayerNorm {
 public:
  LayerNorm() = default;
  LayerNorm(ParameterBuilder& builder, const std::string& name, int64_t width, double eps)
      : weight_(builder.add(name + ".weight", {width}, Init::fill(1))),
        bias_(builder.add(name + ".bias", {width}, {})),
        eps_(eps) {}

  // x [rows, C] -> [rows, C]
  Tensor operator()(const Tensor& x) const { return layernorm(x, weight_, bias_, eps_); }

 private:
  Parameter weight_, bias_;
  double eps_ = 0;
};

}  // namespace medley::autograd
