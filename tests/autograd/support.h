// Inputs for autograd tests: f64 tensors of seeded numbers, and leaves with gradients.
#pragma once

#include <vector>

#include "autograd/tape.h"
#include "core/philox.h"

namespace medley::autograd::tests {

inline Tensor random_tensor(const Shape& shape, uint32_t sample, DType dtype = DType::f64) {
  Random random(11, Purpose::test, 0, sample);
  std::vector<double> values(static_cast<size_t>(shape.elements()));
  for (double& v : values) v = random.uniform(-1, 1);
  return Tensor::from(values, shape).to(dtype);
}

struct Leaf {
  Tensor tensor, gradient;
  explicit Leaf(const Tensor& value)
      : tensor(value.clone()), gradient(Tensor::zeros(value.shape(), value.dtype())) {
    make_leaf(tensor, gradient, "leaf");
  }
};

inline Tensor ints(const std::vector<int32_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

}  // namespace medley::autograd::tests
