// Squared norm on CUDA: the CPU's bits, and the count of elements that are not finite.
#include "kernels/norm.h"

#include "tests/cuda/support.h"
#include "tests/ops/cases/norm_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::SquaredNorm;

struct Result {
  double sum = -1;
  int64_t nonfinite = -1;
  bool operator==(const Result&) const = default;
};

Result on_host(const std::vector<float>& x) {
  Result r;
  kernels::cpu::squared_norm(SquaredNorm<float>{.n = static_cast<int64_t>(x.size()),
                                                .x = x.data(),
                                                .sum = &r.sum,
                                                .nonfinite = &r.nonfinite});
  return r;
}

Result on_device(const std::vector<float>& x) {
  const DeviceBuffer<float> in(x);
  return for_each_schedule([&] {
    DeviceBuffer<double> sum(1);
    DeviceBuffer<int64_t> nonfinite(1);
    kernels::cuda::squared_norm(
        SquaredNorm<float>{
            .n = in.size(), .x = in.data(), .sum = sum.data(), .nonfinite = nonfinite.data()},
        stream());
    return Result{sum.download()[0], nonfinite.download()[0]};
  });
}

TEST_CASE("norm on CUDA: the same bits as on the CPU", "[norm]") {
  if (no_device()) return;
  for (const auto& [n] : cases::norm_cases()) {
    CAPTURE(n);
    const auto x = numbers<float>(n, 1);
    CHECK(on_device(x) == on_host(x));
  }
  const auto x = numbers<float>(kernels::kNormGroup * kernels::kNormChunk + 5003, 1);
  CHECK(on_device(x) == on_host(x));
}

TEST_CASE("norm on CUDA: NaN and infinity are counted and left out of the sum", "[norm]") {
  if (no_device()) return;
  std::vector<float> x(5000, 1.0f);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  x[4999] = -std::numeric_limits<float>::infinity();
  CHECK(on_device(x) == Result{4998, 2});
}

}  // namespace
}  // namespace medley::tests
