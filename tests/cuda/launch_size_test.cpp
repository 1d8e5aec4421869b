// Sizes that no launch takes are refused in words, and start nothing.
#include "core/error.h"
#include "kernels/add.h"
#include "kernels/ema.h"
#include "kernels/gelu.h"
#include "tests/cuda/support.h"

namespace medley::tests {
namespace {

using Catch::Contains;

TEST_CASE("launch sizes: negative and huge ones are refused", "[launch]") {
  if (no_device()) return;
  DeviceBuffer<float> x(8);
  const auto add = [&](int64_t n) {
    kernels::cuda::add(kernels::Add<float>{.n = n, .a = x.data(), .y = x.data()}, stream());
  };
  CHECK_THROWS_WITH(add(-1), Contains("[add] got -1 elements"));
  CHECK_THROWS_WITH(add(-5000), Contains("[add] got -5000 elements"));
  CHECK_THROWS_WITH(add(int64_t(1) << 45),
                    Contains("got 35184372088832 elements") && Contains("split the tensor"));
  const auto gelu = [&](int64_t n) {
    kernels::cuda::gelu_forward(kernels::GeluForward<float>{.n = n, .x = x.data(), .y = x.data()},
                                stream());
  };
  CHECK_THROWS_AS(gelu(-5), ValueError);
  CHECK_THROWS_AS(gelu(int64_t(1) << 62), ValueError);
  const auto ema = [&](int64_t n) {
    kernels::cuda::ema(kernels::Ema<float>{.n = n, .average = x.data(), .value = x.data()},
                       stream());
  };
  CHECK_THROWS_AS(ema(-1), ValueError);
  CHECK_NOTHROW(add(0));
}

}  // namespace
}  // namespace medley::tests
