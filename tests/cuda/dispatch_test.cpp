// Which kernel a device gets, and the words when there is none.
#include "kernels/dispatch.h"

#include "autograd/ops/add.h"
#include "core/error.h"
#include "core/tensor.h"
#include "kernels/add.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

TEST_CASE("cuda dispatch: an op on tensors of a GPU runs there, in f32 and bf16") {
  if (no_device()) return;
  const Tensor a = Tensor::from(std::vector<float>{1, 2, 3}, {3}, kCuda);
  CHECK(autograd::add(a, a).device() == kCuda);
  CHECK(autograd::add(a, a).to_vector<float>() == std::vector<float>{2, 4, 6});
  const Tensor half = a.to(DType::bf16);
  CHECK(autograd::mean(half, half).to(DType::f32).to_vector<float>() ==
        std::vector<float>{1, 2, 3});
}

TEST_CASE("cuda dispatch: types that a device does not compute are refused") {
  if (no_device()) return;
  const Tensor a = Tensor::zeros({3}, DType::f64, kCuda);
  CHECK_THROWS_WITH(autograd::add(a, a), Catch::Contains("[add] has no f64 kernel for cuda:0") &&
                                             Catch::Contains("f64 on the CPU"));
  const Tensor b = Tensor::zeros({3}, DType::bf16);
  CHECK_THROWS_WITH(autograd::add(b, b), Catch::Contains("[add] has no bf16 kernel for cpu") &&
                                             Catch::Contains("bf16 on cuda"));
  CHECK_THROWS_AS(autograd::add(b, b), DtypeError);
  const Tensor meta = Tensor::zeros({3}, DType::bf16, {Device::Meta, 0});
  CHECK(autograd::add(meta, meta).dtype() == DType::bf16);
}
