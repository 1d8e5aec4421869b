// Stochastic depth on CUDA: the reference's samples stay, with and without a residual.
#include "kernels/drop_path.h"

#include "kernels/reference/drop_path.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/drop_path_cases.h"

namespace medley::tests {
namespace {

template <class T>
void check(const cases::DropPathCase& c) {
  CAPTURE(c.samples, c.n, c.p);
  const int64_t count = c.samples * c.n;
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        const typename Side::Buffer x(rounded<Kept>(count, 1));
        const typename Side::template Ints<uint64_t> step(std::vector<uint64_t>{5});
        typename Side::Buffer y(count), sum(rounded<Kept>(count, 2));
        kernels::DropPath<typename Side::Type> args{
            .samples = c.samples,
            .n = c.n,
            .x = x.data(),
            .y = y.data(),
            .key = {.p = c.p, .seed = 3, .step = step.data(), .site = 7}};
        MEDLEY_RUN(drop_path, args);
        args.residual = args.y = sum.data();
        MEDLEY_RUN(drop_path, args);
        return Outputs{y.values(), sum.values()};
      },
      2);
}

TEST_CASE("drop_path on CUDA", "[drop_path]") {
  if (no_device()) return;
  for (const cases::DropPathCase& c : cases::drop_path_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
}

}  // namespace
}  // namespace medley::tests
