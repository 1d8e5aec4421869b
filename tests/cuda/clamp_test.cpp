// Values kept within bounds on CUDA.
#include "kernels/clamp.h"

#include <algorithm>

#include "tests/cuda/support.h"
#include "tests/ops/cases/clamp_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

TEST_CASE("clamp on CUDA", "[clamp]") {
  if (no_device()) return;
  for (const auto& [n] : cases::clamp_cases()) {
    const auto start = numbers<float>(n, 1);
    DeviceBuffer<float> x(start);
    kernels::cuda::clamp({.n = n, .x = x.data(), .low = -0.25f, .high = 0.5f}, stream());
    std::vector<float> expected = start;
    for (float& v : expected) v = std::clamp(v, -0.25f, 0.5f);
    CHECK(x.download() == expected);
  }
}

}  // namespace
}  // namespace medley::tests
