// AdamW on CUDA: several steps, the numbers of a step from device memory, clipping by a norm that
// stays there, and gradients that are not finite.
#include "kernels/adamw.h"

#include "kernels/norm.h"
#include "kernels/reference/adamw.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/adamw_cases.h"

namespace medley::tests {
namespace {

using kernels::AdamW;

TEST_CASE("adamw on CUDA", "[adamw]") {
  if (no_device()) return;
  for (const auto& [n] : cases::adamw_cases()) {
    CAPTURE(n);
    check_on_device<float>(
        [&, n = n]<class Side>(Side) {
          typename Side::Buffer w(rounded<float>(n, 1)),
              m(std::vector<float>(static_cast<size_t>(n))),
              v(std::vector<float>(static_cast<size_t>(n)));
          for (int step = 1; step <= 3; ++step) {
            const typename Side::Buffer g(rounded<float>(n, static_cast<uint32_t>(10 + step)));
            MEDLEY_RUN(adamw, AdamW<typename Side::Type>{.n = n,
                                                         .weight = w.data(),
                                                         .gradient = g.data(),
                                                         .m = m.data(),
                                                         .v = v.data(),
                                                         .step = step,
                                                         .lr = 3e-2,
                                                         .beta2 = 0.99,
                                                         .eps = 1e-6,
                                                         .decay = 0.1,
                                                         .gradient_scale = 0.5});
          }
          return Outputs{w.values(), m.values(), v.values()};
        },
        2);
  }
}

// One step of 1000 weights; extra() fills in the rest of the arguments.
template <class Extra>
std::vector<float> stepped(const Extra& extra) {
  constexpr int64_t kN = 1000;
  DeviceBuffer<float> w(rounded<float>(kN, 1)), m(rounded<float>(kN, 3)),
      v(std::vector<float>(kN, 0.5f));
  const DeviceBuffer<float> g(rounded<float>(kN, 2));
  AdamW<float> args{
      .n = kN, .weight = w.data(), .gradient = g.data(), .m = m.data(), .v = v.data(), .lr = 1e-2};
  extra(args);
  kernels::cuda::adamw(args, stream());
  auto all = w.download();
  for (const auto* part : {&m, &v}) {
    const auto values = part->download();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

TEST_CASE("adamw on CUDA: clips by a norm that the host never sees", "[adamw]") {
  if (no_device()) return;
  const DeviceBuffer<float> g(rounded<float>(1000, 2));
  DeviceBuffer<double> squared(1);
  DeviceBuffer<int64_t> nonfinite(1);
  kernels::cuda::squared_norm(
      kernels::SquaredNorm<float>{
          .n = 1000, .x = g.data(), .sum = squared.data(), .nonfinite = nonfinite.data()},
      stream());
  const double norm = std::sqrt(squared.download()[0]);
  const auto clipped_to = [&](double clip) {
    return stepped([&](AdamW<float>& args) {
      args.squared_norm = squared.data();
      args.nonfinite = nonfinite.data();
      args.clip = clip;
    });
  };
  const auto scaled_by = [](double scale) {
    return stepped([&](AdamW<float>& args) { args.gradient_scale = scale; });
  };
  CHECK(clipped_to(1.5) == scaled_by(1.5 / norm));
  CHECK(clipped_to(2 * norm) == scaled_by(1));
  CHECK(clipped_to(0) == scaled_by(1));
}

TEST_CASE("adamw on CUDA: gradients that are not finite change nothing", "[adamw]") {
  if (no_device()) return;
  const DeviceBuffer<double> squared(std::vector<double>{4});
  const DeviceBuffer<int64_t> one(std::vector<int64_t>{1});
  const auto after = stepped([&](AdamW<float>& args) {
    args.squared_norm = squared.data();
    args.nonfinite = one.data();
  });
  auto before = rounded<float>(1000, 1);
  const auto m = rounded<float>(1000, 3);
  before.insert(before.end(), m.begin(), m.end());
  before.resize(3000, 0.5f);
  CHECK(after == before);
}

}  // namespace
}  // namespace medley::tests
