// The sum on CUDA: of two, into one of them, scaled, of one alone, and times a number on the
// device.
#include "kernels/add.h"

#include "kernels/reference/add.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/add_cases.h"

namespace medley::tests {
namespace {

template <class T>
void check(int64_t n) {
  CAPTURE(n);
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Args = kernels::Add<typename Side::Type>;
        const typename Side::Buffer a(rounded<Kept>(n, 1)), b(rounded<Kept>(n, 2));
        const typename Side::Buffer times(rounded<Kept>(1, 3));
        typename Side::Buffer y(n), over(rounded<Kept>(n, 1)), half(n), scaled(n), product(n);
        MEDLEY_RUN(add, Args{.n = n, .a = a.data(), .b = b.data(), .y = y.data()});
        MEDLEY_RUN(add, Args{.n = n, .a = over.data(), .b = b.data(), .y = over.data()});
        MEDLEY_RUN(add,
                   Args{.n = n, .a = a.data(), .b = b.data(), .y = half.data(), .factor = 0.5f});
        MEDLEY_RUN(add, Args{.n = n, .a = a.data(), .y = scaled.data(), .factor = 3});
        MEDLEY_RUN(add, Args{.n = n, .a = a.data(), .y = product.data(), .times = times.data()});
        return Outputs{y.values(), over.values(), half.values(), scaled.values(), product.values()};
      },
      1);
}

TEST_CASE("add on CUDA", "[add]") {
  if (no_device()) return;
  for (const auto& [n] : cases::add_cases()) {
    check<float>(n);
    check<bf16>(n);
  }
}

}  // namespace
}  // namespace medley::tests
