// Ops without a kernel of their own on CUDA: slice, transpose and matmul give what the CPU gives,
// gradients too, in f32 and bf16.
#include "autograd/ops/layout.h"
#include "autograd/ops/matmul.h"
#include "autograd/tape.h"
#include "tests/cuda/support.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using autograd::Recording;
using autograd::Tape;

struct Results {
  std::vector<double> y, da, db;
};

// (slice of a)^T times b, for each of two matrices.
Results run(DType dtype, Device device) {
  const Shape a_shape{2, 6, 5}, b_shape{2, 3, 4};
  const auto make = [&](const Shape& shape, uint32_t sample) {
    return Tensor::from(numbers<float>(shape.elements(), sample), shape)
        .to(DType::bf16)
        .to(dtype)
        .to(device);
  };
  Tensor a = make(a_shape, 1), b = make(b_shape, 2);
  const Tensor da = Tensor::zeros(a_shape, DType::f32, device);
  const Tensor db = Tensor::zeros(b_shape, DType::f32, device);
  autograd::make_leaf(a, da);
  autograd::make_leaf(b, db);
  Tape tape;
  Tensor y;
  {
    const Recording recording(tape);
    const Tensor part = autograd::slice(autograd::slice(a, 1, 2, 5), 2, 1, 4);  // (2, 3, 3)
    y = autograd::matmul(autograd::transpose(part, 1, 2), b);
  }
  tape.backward({y}, {make(y.shape(), 3)});
  const auto values = [](const Tensor& t) { return t.to(DType::f64).to_vector<double>(); };
  return {values(y), values(da), values(db)};
}

TEST_CASE("slice, transpose and matmul on CUDA", "[matmul]") {
  if (no_device()) return;
  const Results cpu = run(DType::f32, Device{});
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const Results gpu = run(dtype, kCuda);
    const double tolerance = dtype == DType::f32 ? 1e-6 : 2e-2;
    CHECK(largest_difference(gpu.y, cpu.y) < tolerance);
    CHECK(largest_difference(gpu.da, cpu.da) < tolerance);
    CHECK(largest_difference(gpu.db, cpu.db) < tolerance);
  }
}

}  // namespace
}  // namespace medley::tests
