// The product on CUDA: of two, of one with itself in place, and added.
#include "kernels/mul.h"

#include "kernels/reference/mul.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/mul_cases.h"

namespace medley::tests {
namespace {

template <class T>
void check(int64_t n) {
  CAPTURE(n);
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Args = kernels::Mul<typename Side::Type>;
        const typename Side::Buffer a(rounded<Kept>(n, 1)), b(rounded<Kept>(n, 2));
        typename Side::Buffer y(n), square(rounded<Kept>(n, 1)), added(rounded<Kept>(n, 3));
        MEDLEY_RUN(mul, Args{.n = n, .a = a.data(), .b = b.data(), .y = y.data()});
        MEDLEY_RUN(mul, Args{.n = n, .a = square.data(), .b = square.data(), .y = square.data()});
        MEDLEY_RUN(
            mul, Args{.n = n, .a = a.data(), .b = b.data(), .y = added.data(), .accumulate = true});
        return Outputs{y.values(), square.values(), added.values()};
      },
      1);
}

TEST_CASE("mul on CUDA", "[mul]") {
  if (no_device()) return;
  for (const auto& [n] : cases::mul_cases()) {
    check<float>(n);
    check<bf16>(n);
  }
}

}  // namespace
}  // namespace medley::tests
