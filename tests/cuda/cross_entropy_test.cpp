// Cross-entropy on CUDA: smoothing, weights, ignored rows, gradients over the logits, logits at the
// end of the range, and targets that are out of it.
#include "kernels/cross_entropy.h"

#include "kernels/reference/cross_entropy.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/cross_entropy_cases.h"

namespace medley::tests {
namespace {

using kernels::CrossEntropyBackward;
using kernels::CrossEntropyForward;
using kernels::Wide;

// weighted: all, each row with its weight.
enum class Targets { all, some, none, weighted };

std::vector<int32_t> make_targets(const cases::CrossEntropyCase& c, Targets which) {
  std::vector<int32_t> targets;
  for (int64_t r = 0; r < c.rows; ++r) {
    const bool ignored = which == Targets::none || (which == Targets::some && r % 3 == 1);
    targets.push_back(ignored ? kernels::kIgnoredTarget : static_cast<int32_t>(r * 37 % c.classes));
  }
  return targets;
}

template <class T>
void check(const cases::CrossEntropyCase& c, Targets which, float smoothing) {
  CAPTURE(c.rows, c.classes, static_cast<int>(which), smoothing);
  const auto wanted = make_targets(c, which);
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const int64_t count = c.rows * c.classes;
        const typename Side::template Ints<int32_t> targets(wanted);
        const typename Side::WideBuffer weights(rounded<Wide<Kept>>(c.rows, 5)),
            dloss(std::vector<Wide<Kept>>{8});
        typename Side::Buffer logits(rounded<Kept>(count, 1, 30)), dlogits(count);
        typename Side::WideBuffer lse(c.rows), row_loss(c.rows), loss(1);
        const auto* const w = which == Targets::weighted ? weights.data() : nullptr;
        MEDLEY_RUN(cross_entropy_forward, CrossEntropyForward<Type>{.rows = c.rows,
                                                                    .classes = c.classes,
                                                                    .logits = logits.data(),
                                                                    .targets = targets.data(),
                                                                    .weights = w,
                                                                    .smoothing = smoothing,
                                                                    .lse = lse.data(),
                                                                    .row_loss = row_loss.data(),
                                                                    .loss = loss.data()});
        CrossEntropyBackward<Type> backward{.rows = c.rows,
                                            .classes = c.classes,
                                            .logits = logits.data(),
                                            .targets = targets.data(),
                                            .weights = w,
                                            .smoothing = smoothing,
                                            .lse = lse.data(),
                                            .dloss = dloss.data(),
                                            .dlogits = dlogits.data()};
        MEDLEY_RUN(cross_entropy_backward, backward);
        backward.dlogits = logits.data();
        MEDLEY_RUN(cross_entropy_backward, backward);
        return Outputs{lse.values(), row_loss.values(), loss.values(), dlogits.values(),
                       logits.values()};
      },
      3);
}

TEST_CASE("cross_entropy on CUDA", "[cross_entropy]") {
  if (no_device()) return;
  for (const cases::CrossEntropyCase& c : cases::cross_entropy_cases())
    for (const Targets which : {Targets::all, Targets::some, Targets::none, Targets::weighted})
      for (const float smoothing : {0.0f, 0.1f}) {
        check<float>(c, which, smoothing);
        check<bf16>(c, which, smoothing);
      }
}

// Loss and gradient of one row.
struct Row {
  float loss;
  std::vector<float> gradient;
};
Row one_row(const std::vector<float>& logits, int32_t target) {
  const DeviceBuffer<float> x(logits), dloss(std::vector<float>{1});
  const DeviceBuffer<int32_t> targets(std::vector<int32_t>{target});
  DeviceBuffer<float> lse(1), row_loss(1), loss(1), d(x.size());
  kernels::cuda::cross_entropy_forward(CrossEntropyForward<float>{.rows = 1,
                                                                  .classes = x.size(),
                                                                  .logits = x.data(),
                                                                  .targets = targets.data(),
                                                                  .lse = lse.data(),
                                                                  .row_loss = row_loss.data(),
                                                                  .loss = loss.data()},
                                       stream());
  kernels::cuda::cross_entropy_backward(CrossEntropyBackward<float>{.rows = 1,
                                                                    .classes = x.size(),
                                                                    .logits = x.data(),
                                                                    .targets = targets.data(),
                                                                    .lse = lse.data(),
                                                                    .dloss = dloss.data(),
                                                                    .dlogits = d.data()},
                                        stream());
  return {loss.download()[0], d.download()};
}

TEST_CASE("cross_entropy on CUDA: huge logits stay finite, NaN reaches the loss",
          "[cross_entropy]") {
  if (no_device()) return;
  for (const int64_t n : {40, 3000})
    for (const float low : {-3e38f, -std::numeric_limits<float>::infinity()}) {
      std::vector<float> logits(static_cast<size_t>(n), low);
      logits[1] = 3e38f;
      const Row row = one_row(logits, 1);
      CHECK(row.loss == 0);
      CHECK(row.gradient == std::vector<float>(logits.size(), 0.0f));
      logits[20] = std::numeric_limits<float>::quiet_NaN();
      CHECK(std::isnan(one_row(logits, 1).loss));
    }
}

TEST_CASE("cross_entropy on CUDA: a target out of range is reported and ignored",
          "[cross_entropy]") {
  if (no_device()) return;
  const DeviceBuffer<float> logits(std::vector<float>(6, 1.0f)), dloss(std::vector<float>{1});
  for (const int32_t bad : {3, -1}) {
    const DeviceBuffer<int32_t> targets(std::vector<int32_t>{0, bad});
    DeviceBuffer<float> lse(2), row_loss(2), loss(1), d(6);
    kernels::cuda::cross_entropy_forward(CrossEntropyForward<float>{.rows = 2,
                                                                    .classes = 3,
                                                                    .logits = logits.data(),
                                                                    .targets = targets.data(),
                                                                    .lse = lse.data(),
                                                                    .row_loss = row_loss.data(),
                                                                    .loss = loss.data()},
                                         stream());
    CHECK_THROWS_WITH(cuda::synchronize(kCuda),
                      Catch::Contains("[cross_entropy_forward] targets holds " +
                                      std::to_string(bad) + " at position 1"));
    kernels::cuda::cross_entropy_backward(CrossEntropyBackward<float>{.rows = 2,
                                                                      .classes = 3,
                                                                      .logits = logits.data(),
                                                                      .targets = targets.data(),
                                                                      .lse = lse.data(),
                                                                      .dloss = dloss.data(),
                                                                      .dlogits = d.data()},
                                          stream());
    CHECK(loss.download()[0] == Approx(std::log(3.0)).epsilon(1e-6));
    const auto gradient = d.download();
    CHECK(gradient[0] == Approx(-2.0 / 3).epsilon(1e-6));
    CHECK((gradient[3] == 0 && gradient[4] == 0 && gradient[5] == 0));
  }
}

}  // namespace
}  // namespace medley::tests
