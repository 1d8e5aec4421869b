// Conversion on CUDA: the host's bits.
#include "kernels/cast.h"

#include "kernels/reference/cast.h"
#include "tests/cuda/support.h"
#include "tests/ops/cases/cast_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

std::vector<uint16_t> bits_of(const std::vector<bf16>& x) {
  std::vector<uint16_t> bits;
  for (const bf16 v : x) bits.push_back(v.bits);
  return bits;
}

void check(const std::vector<float>& x) {
  const auto n = static_cast<int64_t>(x.size());
  std::vector<bf16> narrow(x.size());
  kernels::reference::cast(kernels::Cast<float, bf16>{.n = n, .x = x.data(), .y = narrow.data()});
  std::vector<float> wide(x.size());
  kernels::reference::cast(
      kernels::Cast<bf16, float>{.n = n, .x = narrow.data(), .y = wide.data()});
  for (const int64_t shift : {0, 1}) {
    const int64_t left = std::max<int64_t>(n - shift, 0);
    const DeviceBuffer<float> in(x);
    DeviceBuffer<bf16> out(narrow);
    DeviceBuffer<float> back(wide);
    for_each_schedule([&] {
      cuda::fill_bytes(out.data() + shift, 0xff, static_cast<size_t>(left) * 2, stream());
      cuda::fill_bytes(back.data() + shift, 0xff, static_cast<size_t>(left) * 4, stream());
      kernels::cuda::cast(
          kernels::Cast<float, bf16>{.n = left, .x = in.data() + shift, .y = out.data() + shift},
          stream());
      kernels::cuda::cast(
          kernels::Cast<bf16, float>{.n = left, .x = out.data() + shift, .y = back.data() + shift},
          stream());
      return bits_of(out.download());
    });
    CHECK(bits_of(out.download()) == bits_of(narrow));
    CHECK(back.download() == wide);
  }
}

TEST_CASE("cast on CUDA", "[cast]") {
  if (no_device()) return;
  for (const auto& [n] : cases::cast_cases()) check(numbers<float>(n, 1, 100));
}

TEST_CASE("cast on CUDA: ties, infinity and NaN", "[cast]") {
  if (no_device()) return;
  const float infinity = std::numeric_limits<float>::infinity();
  check({1 + 0x1p-8f, 1 + 0x1.8p-7f, infinity, 3.4e38f, -0.0f, 1e-40f});
  const DeviceBuffer<float> nan(std::vector<float>{std::numeric_limits<float>::quiet_NaN()});
  DeviceBuffer<bf16> y(1);
  kernels::cuda::cast(kernels::Cast<float, bf16>{.n = 1, .x = nan.data(), .y = y.data()}, stream());
  CHECK(std::isnan(static_cast<float>(y.download()[0])));
}

}  // namespace
}  // namespace medley::tests
