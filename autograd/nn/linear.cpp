// Declares the parameters of linear layers.
#include "autograd/nn/linear.h"

#include <cmath>

#include "autograd/ops/add.h"
#include "autograd/ops/drop_path.h"
#include "autograd/ops/dropout.h"

namespace medley::autograd {

Linear::Linear(ParameterBuilder& builder, const std::string& name, int64_t in, int64_t out,
               Init weight, Init bias)
    : weight_(builder.add(name + ".weight", {out, in}, weight)),
      bias_(builder.add(name + ".bias", {out}, bias)) {}

Linear::Linear(ParameterBuilder& builder, const std::string& name, int64_t in, int64_t out)
    : Linear(builder, name, in, out, torch_default(in), torch_default(in)) {}

Linear Linear::fused(ParameterBuilder& builder, const std::string& name, const std::string& joined,
                     const std::vector<std::string>& parts, int64_t in, int64_t out, Init weight) {
  const std::string owner = name + "." + joined;
  const Linear layer(builder, owner, in, static_cast<int64_t>(parts.size()) * out, weight);
  for (const char* kind : {".weight", ".bias"}) {
    int64_t row = 0;
    for (const std::string& part : parts) {
      builder.part(name + "." + part + kind, owner + kind, row, row + out);
      row += out;
    }
  }
  return layer;
}

Tensor Linear::operator()(const Tensor& x, const LinearOptions& options) const {
  return linear(x, weight_.compute(), bias_, options);
}

Tensor Linear::residual(const Tensor& x, const Tensor& residual, const kernels::DropoutKey& key,
                        int64_t samples) const {
  if (!key.active()) return (*this)(x, {.gelu = false, .residual = residual});
  if (samples > 0) return drop_path(residual, (*this)(x), samples, key);
  return add(residual, dropout((*this)(x), key));
}

Init torch_default(int64_t fan_in) {
  return Init::uniformly(1 / std::sqrt(static_cast<double>(fan_in)));
}

}  // namespace medley::autograd
