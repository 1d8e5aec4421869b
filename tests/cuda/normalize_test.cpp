// Unit rows and their gradient on CUDA, a zero row included.
#include "kernels/normalize.h"

#include "kernels/reference/normalize.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/normalize_cases.h"

namespace medley::tests {
namespace {

using kernels::NormalizeBackward;
using kernels::NormalizeForward;

template <class T>
void check(const cases::NormalizeCase& c) {
  CAPTURE(c.rows, c.n);
  const int64_t count = c.rows * c.n;
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const typename Side::Buffer x(rounded<Kept>(count, 1)), dy(rounded<Kept>(count, 2)),
            unit(rounded<Kept>(count, 4));
        typename Side::Buffer y(count), dx(count), over(rounded<Kept>(count, 2)),
            sum(rounded<Kept>(count, 3));
        typename Side::WideBuffer norm(c.rows);
        MEDLEY_RUN(
            normalize_forward,
            NormalizeForward<Type>{
                .rows = c.rows, .n = c.n, .x = x.data(), .y = y.data(), .norm = norm.data()});
        const auto backward = [&](const Type* from, Type* to, bool accumulate) {
          MEDLEY_RUN(normalize_backward, NormalizeBackward<Type>{.rows = c.rows,
                                                                 .n = c.n,
                                                                 .dy = from,
                                                                 .y = unit.data(),
                                                                 .norm = norm.data(),
                                                                 .dx = to,
                                                                 .accumulate = accumulate});
        };
        backward(dy.data(), dx.data(), false);
        backward(over.data(), over.data(), false);
        backward(dy.data(), sum.data(), true);
        return Outputs{y.values(), norm.values(), dx.values(), over.values(), sum.values()};
      },
      3);
}

TEST_CASE("normalize on CUDA", "[normalize]") {
  if (no_device()) return;
  for (const cases::NormalizeCase& c : cases::normalize_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
  for (const int64_t n : {256, 257, 1024, 1025, 3000}) {  // in registers and not
    check<float>({5, n});
    check<bf16>({5, n});
  }
}

TEST_CASE("normalize on CUDA: a zero row stays zero, NaN stays NaN", "[normalize]") {
  if (no_device()) return;
  std::vector<float> x(38, 0.0f);
  x[20] = std::numeric_limits<float>::quiet_NaN();
  const DeviceBuffer<float> in(x), dy(std::vector<float>(19, 2.0f));
  DeviceBuffer<float> out(38), norm(2), gradient(19);
  kernels::cuda::normalize_forward(
      NormalizeForward<float>{
          .rows = 2, .n = 19, .x = in.data(), .y = out.data(), .norm = norm.data()},
      stream());
  kernels::cuda::normalize_backward(NormalizeBackward<float>{.rows = 1,
                                                             .n = 19,
                                                             .dy = dy.data(),
                                                             .y = out.data(),
                                                             .norm = norm.data(),
                                                             .dx = gradient.data()},
                                    stream());
  const auto y = out.download(), norms = norm.download();
  const auto eps = static_cast<float>(kernels::kNormalizeEps);
  CHECK(std::all_of(y.begin(), y.begin() + 19, [](float v) { return v == 0; }));
  CHECK(std::all_of(y.begin() + 19, y.end(), [](float v) { return std::isnan(v); }));
  CHECK((norms[0] == eps && std::isnan(norms[1])));
  CHECK(gradient.download() == std::vector<float>(19, 2 / eps));  // a clamped norm is a constant
}

}  // namespace
}  // namespace medley::tests
