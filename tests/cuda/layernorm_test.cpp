// Layer normalisation on CUDA, forward and backward: rows that fit into registers and rows that do
// not, several rows a warp.
#include "kernels/layernorm.h"

#include "kernels/reference/layernorm.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/layernorm_cases.h"

namespace medley::tests {
namespace {

using kernels::LayerNormBackward;
using kernels::LayerNormForward;
using kernels::Wide;

// Rows far from zero: E[x^2] - mean^2 would lose their variance.
template <class T>
std::vector<T> rows_of(const cases::LayerNormCase& c) {
  auto x = numbers<float>(c.rows * c.n, 1);
  for (float& v : x) v += 20;
  return converted<T>(x);
}

template <class T>
void check_forward(const cases::LayerNormCase& c) {
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        const typename Side::Buffer x(rows_of<Kept>(c));
        const typename Side::WideBuffer weight(rounded<Wide<Kept>>(c.n, 2)),
            bias(rounded<Wide<Kept>>(c.n, 3));
        typename Side::Buffer y(c.rows * c.n), over(rows_of<Kept>(c));
        typename Side::WideBuffer mean(c.rows), rstd(c.rows);
        LayerNormForward<typename Side::Type> args{.rows = c.rows,
                                                   .n = c.n,
                                                   .x = x.data(),
                                                   .weight = weight.data(),
                                                   .bias = bias.data(),
                                                   .eps = 1e-6f,
                                                   .y = y.data(),
                                                   .mean = mean.data(),
                                                   .rstd = rstd.data()};
        MEDLEY_RUN(layernorm_forward, args);
        args.x = over.data(), args.y = over.data();
        MEDLEY_RUN(layernorm_forward, args);
        return Outputs{y.values(), over.values(), mean.values(), rstd.values()};
      },
      2);
}

template <class T>
void check_backward(const cases::LayerNormCase& c) {
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        const int64_t count = c.rows * c.n;
        const typename Side::Buffer x(rounded<Kept>(count, 1)), dy(rounded<Kept>(count, 2));
        const typename Side::WideBuffer weight(rounded<Wide<Kept>>(c.n, 3)),
            mean(rounded<Wide<Kept>>(c.rows, 4)), rstd(rounded<Wide<Kept>>(c.rows, 5, 3));
        typename Side::Buffer dx(count), sum(rounded<Kept>(count, 6)),
            over(rounded<Kept>(count, 2));
        typename Side::WideBuffer dweight(rounded<Wide<Kept>>(c.n, 7)),
            dbias(rounded<Wide<Kept>>(c.n, 8));
        LayerNormBackward<typename Side::Type> args{.rows = c.rows,
                                                    .n = c.n,
                                                    .dy = dy.data(),
                                                    .x = x.data(),
                                                    .weight = weight.data(),
                                                    .mean = mean.data(),
                                                    .rstd = rstd.data(),
                                                    .dx = dx.data(),
                                                    .dweight = dweight.data(),
                                                    .dbias = dbias.data()};
        MEDLEY_RUN(layernorm_backward, args);
        args.dweight = args.dbias = nullptr;
        args.dx = sum.data(), args.accumulate = true;
        MEDLEY_RUN(layernorm_backward, args);
        args.dy = over.data(), args.dx = over.data(), args.accumulate = false;
        MEDLEY_RUN(layernorm_backward, args);
        return Outputs{dx.values(), sum.values(), over.values(), dweight.values(), dbias.values()};
      },
      3);
}

template <class T>
void check(const cases::LayerNormCase& c) {
  CAPTURE(c.rows, c.n);
  check_forward<T>(c);
  check_backward<T>(c);
}

TEST_CASE("layernorm on CUDA", "[layernorm]") {
  if (no_device()) return;
  for (const cases::LayerNormCase& c : cases::layernorm_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
}

TEST_CASE("layernorm on CUDA: rows of every way to hold them", "[layernorm]") {
  if (no_device()) return;
  for (const int64_t n : {256, 257, 1024, 1025, 2056}) {
    check<float>({9, n});
    check<bf16>({9, n});
  }
}

TEST_CASE("layernorm on CUDA: several rows a warp", "[layernorm]") {
  if (no_device()) return;
  check_backward<bf16>({2100, 24});
}

}  // namespace
}  // namespace medley::tests
