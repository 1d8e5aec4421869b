// Softmax of rows and its gradient on CUDA.
#include "kernels/softmax.h"

#include "kernels/reference/softmax.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/softmax_cases.h"

namespace medley::tests {
namespace {

using kernels::SoftmaxBackward;
using kernels::SoftmaxForward;

template <class T>
void check(const cases::SoftmaxCase& c) {
  CAPTURE(c.rows, c.n);
  const int64_t count = c.rows * c.n;
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const typename Side::Buffer x(rounded<Kept>(count, 1)), dy(rounded<Kept>(count, 2)),
            given(rounded<Kept>(count, 4));
        typename Side::Buffer y(count), in_place(rounded<Kept>(count, 1)), dx(count),
            over(rounded<Kept>(count, 2)), sum(rounded<Kept>(count, 3));
        const auto forward = [&](const Type* from, Type* to) {
          MEDLEY_RUN(softmax_forward,
                     SoftmaxForward<Type>{.rows = c.rows, .n = c.n, .x = from, .y = to});
        };
        const auto backward = [&](const Type* from, Type* to, bool accumulate) {
          MEDLEY_RUN(softmax_backward, SoftmaxBackward<Type>{.rows = c.rows,
                                                             .n = c.n,
                                                             .dy = from,
                                                             .y = given.data(),
                                                             .dx = to,
                                                             .accumulate = accumulate});
        };
        forward(x.data(), y.data());
        forward(in_place.data(), in_place.data());
        backward(dy.data(), dx.data(), false);
        backward(over.data(), over.data(), false);
        backward(dy.data(), sum.data(), true);
        return Outputs{y.values(), in_place.values(), dx.values(), over.values(), sum.values()};
      },
      3);
}

TEST_CASE("softmax on CUDA", "[softmax]") {
  if (no_device()) return;
  for (const cases::SoftmaxCase& c : cases::softmax_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
  for (const int64_t n : {256, 257, 1024, 1025, 3000}) {  // in registers and not
    check<float>({5, n});
    check<bf16>({5, n});
  }
}

TEST_CASE("softmax on CUDA: large values, infinities and NaN", "[softmax]") {
  if (no_device()) return;
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  const DeviceBuffer<float> x(
      std::vector<float>{0, 0, -inf, 3e38f, 3e38f, -3e38f, -inf, -inf, -inf, 0, nan, 1});
  DeviceBuffer<float> y(12);
  kernels::cuda::softmax_forward(
      SoftmaxForward<float>{.rows = 4, .n = 3, .x = x.data(), .y = y.data()}, stream());
  const auto values = y.download();
  CHECK(std::vector<float>(values.begin(), values.begin() + 6) ==
        std::vector<float>{0.5f, 0.5f, 0, 0.5f, 0.5f, 0});
  CHECK(std::all_of(values.begin() + 6, values.end(), [](float v) { return std::isnan(v); }));
}

}  // namespace
}  // namespace medley::tests
