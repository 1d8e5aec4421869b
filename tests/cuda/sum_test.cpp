// Sums over a dimension and their gradient on CUDA.
#include "kernels/sum.h"

#include "kernels/reference/sum.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/sum_cases.h"

namespace medley::tests {
namespace {

template <class T>
void check(const cases::SumCase& c) {
  CAPTURE(c.outer, c.n, c.inner);
  const int64_t all = c.outer * c.n * c.inner, sums = c.outer * c.inner;
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const typename Side::Buffer x(rounded<Kept>(all, 1)), dy(rounded<Kept>(sums, 2));
        typename Side::Buffer y(sums), half(sums), dx(all), added(rounded<Kept>(all, 3));
        const auto forward = [&](Type* to, float factor) {
          MEDLEY_RUN(sum_forward, kernels::SumForward<Type>{.outer = c.outer,
                                                            .n = c.n,
                                                            .inner = c.inner,
                                                            .x = x.data(),
                                                            .y = to,
                                                            .factor = factor});
        };
        const auto backward = [&](Type* to, bool accumulate) {
          MEDLEY_RUN(sum_backward, kernels::SumBackward<Type>{.outer = c.outer,
                                                              .n = c.n,
                                                              .inner = c.inner,
                                                              .dy = dy.data(),
                                                              .dx = to,
                                                              .factor = 0.5f,
                                                              .accumulate = accumulate});
        };
        forward(y.data(), 1);
        forward(half.data(), 0.5f);
        backward(dx.data(), false);
        backward(added.data(), true);
        return Outputs{y.values(), half.values(), dx.values(), added.values()};
      },
      2);
}

TEST_CASE("sum on CUDA", "[sum]") {
  if (no_device()) return;
  for (const cases::SumCase& c : cases::sum_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
}

}  // namespace
}  // namespace medley::tests
