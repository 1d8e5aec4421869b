// Exponential moving average on CUDA.
#include "kernels/ema.h"

#include "kernels/reference/ema.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/ema_cases.h"

namespace medley::tests {
namespace {

TEST_CASE("ema on CUDA", "[ema]") {
  if (no_device()) return;
  for (const auto& [n] : cases::ema_cases())
    for (const double keep : {0.0, 0.995, 1.0}) {
      CAPTURE(n, keep);
      check_on_device<float>(
          [&, n = n]<class Side>(Side) {
            const typename Side::Buffer value(rounded<float>(n, 2));
            typename Side::Buffer average(rounded<float>(n, 1));
            const typename Side::template Ints<double> kept(std::vector<double>{keep});
            using Args = kernels::Ema<typename Side::Type>;
            MEDLEY_RUN(
                ema,
                Args{
                    .n = n, .average = average.data(), .value = value.data(), .keep = kept.data()});
            return Outputs{average.values()};
          },
          2);
    }
}

}  // namespace
}  // namespace medley::tests
