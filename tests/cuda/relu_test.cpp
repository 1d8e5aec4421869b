// ReLU on CUDA: exact.
#include "kernels/relu.h"

#include "kernels/reference/relu.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/relu_cases.h"

namespace medley::tests {
namespace {

template <class T>
void check(int64_t n) {
  CAPTURE(n);
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const typename Side::Buffer x(rounded<Kept>(n, 1)), dy(rounded<Kept>(n, 2));
        typename Side::Buffer y(n), dx(n), over(rounded<Kept>(n, 1));
        MEDLEY_RUN(relu_forward, kernels::ReluForward<Type>{.n = n, .x = x.data(), .y = y.data()});
        MEDLEY_RUN(relu_forward,
                   kernels::ReluForward<Type>{.n = n, .x = over.data(), .y = over.data()});
        MEDLEY_RUN(relu_backward, kernels::ReluBackward<Type>{
                                      .n = n, .dy = dy.data(), .y = y.data(), .dx = dx.data()});
        return Outputs{y.values(), over.values(), dx.values()};
      },
      1);
}

TEST_CASE("relu on CUDA", "[relu]") {
  if (no_device()) return;
  for (const auto& [n] : cases::relu_cases()) {
    check<float>(n);
    check<bf16>(n);
  }
}

TEST_CASE("relu on CUDA: zero and NaN", "[relu]") {
  if (no_device()) return;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const DeviceBuffer<float> x(std::vector<float>{0, nan, -0.0f}), ones(std::vector<float>(3, 1));
  DeviceBuffer<float> y(3), dx(3);
  kernels::cuda::relu_forward(kernels::ReluForward<float>{.n = 3, .x = x.data(), .y = y.data()},
                              stream());
  kernels::cuda::relu_backward(
      kernels::ReluBackward<float>{.n = 3, .dy = ones.data(), .y = y.data(), .dx = dx.data()},
      stream());
  const auto values = y.download();
  CHECK((values[0] == 0 && std::isnan(values[1]) && values[2] == 0));
  CHECK(dx.download() == std::vector<float>{0, 1, 0});
}

}  // namespace
}  // namespace medley::tests
