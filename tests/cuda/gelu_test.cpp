// GELU and its gradient on CUDA.
#include "kernels/gelu.h"

#include "kernels/reference/gelu.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/gelu_cases.h"

namespace medley::tests {
namespace {

template <class T>
void check(int64_t n) {
  CAPTURE(n);
  check_on_device<T>(
      [&]<class Side>(Side) {
        const typename Side::Buffer x(rounded<typename Side::Kept>(n, 1, 9));
        typename Side::Buffer y(n), over(rounded<typename Side::Kept>(n, 1, 9));
        using Args = kernels::GeluForward<typename Side::Type>;
        MEDLEY_RUN(gelu_forward, Args{.n = n, .x = x.data(), .y = y.data()});
        MEDLEY_RUN(gelu_forward, Args{.n = n, .x = over.data(), .y = over.data()});
        return Outputs{y.values(), over.values()};
      },
      2);
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        const typename Side::Buffer x(rounded<Kept>(n, 1, 9)), dy(rounded<Kept>(n, 2));
        typename Side::Buffer dx(n), sum(rounded<Kept>(n, 3)), over(rounded<Kept>(n, 2));
        using Args = kernels::GeluBackward<typename Side::Type>;
        MEDLEY_RUN(gelu_backward, Args{.n = n, .dy = dy.data(), .x = x.data(), .dx = dx.data()});
        MEDLEY_RUN(gelu_backward,
                   Args{.n = n, .dy = over.data(), .x = x.data(), .dx = over.data()});
        MEDLEY_RUN(
            gelu_backward,
            Args{.n = n, .dy = dy.data(), .x = x.data(), .dx = sum.data(), .accumulate = true});
        return Outputs{dx.values(), over.values(), sum.values()};
      },
      3);
}

TEST_CASE("gelu on CUDA", "[gelu]") {
  if (no_device()) return;
  for (const auto& [n] : cases::gelu_cases()) {
    check<float>(n);
    check<bf16>(n);
  }
}

TEST_CASE("gelu on CUDA: far out, and NaN", "[gelu]") {
  if (no_device()) return;
  const float far = 1e30f, nan = std::numeric_limits<float>::quiet_NaN();
  const DeviceBuffer<float> x(std::vector<float>{0, far, -far, 100, -100, nan}),
      ones(std::vector<float>(6, 1.0f));
  DeviceBuffer<float> out(6), gradient(6);
  kernels::cuda::gelu_forward(kernels::GeluForward<float>{.n = 6, .x = x.data(), .y = out.data()},
                              stream());
  kernels::cuda::gelu_backward(
      kernels::GeluBackward<float>{.n = 6, .dy = ones.data(), .x = x.data(), .dx = gradient.data()},
      stream());
  const auto y = out.download(), dx = gradient.download();
  CHECK((y[0] == 0 && y[1] == far && y[2] == 0 && y[3] == 100 && y[4] == 0));
  CHECK((dx[0] == 0.5f && dx[1] == 1 && dx[2] == 0 && dx[3] == 1 && dx[4] == 0));
  CHECK((std::isnan(y[5]) && std::isnan(dx[5])));
}

}  // namespace
}  // namespace medley::tests
