// Dropout on CUDA: the reference's mask, whatever the type, and the step from device memory.
#include "kernels/dropout.h"

#include "kernels/reference/dropout.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/dropout_cases.h"

namespace medley::tests {
namespace {

using kernels::Dropout;
using kernels::DropoutKey;

constexpr uint64_t kSeed = 0xabcdef0123456789ull;

template <class T>
void check(const cases::DropoutCase& c) {
  CAPTURE(c.rows, c.n, c.p);
  const int64_t count = c.rows * c.n;
  const DropoutKey key{.p = c.p, .seed = kSeed, .site = 4};
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        const auto args = [&](const auto& x, auto& y) {
          return Dropout<typename Side::Type>{
              .rows = c.rows, .n = c.n, .x = x.data(), .y = y.data(), .key = key};
        };
        const typename Side::Buffer x(rounded<Kept>(count, 1));
        typename Side::Buffer y(count), over(rounded<Kept>(count, 1)), sum(rounded<Kept>(count, 2));
        MEDLEY_RUN(dropout, args(x, y));
        MEDLEY_RUN(dropout, args(over, over));
        auto added = args(x, sum);
        added.accumulate = true;
        MEDLEY_RUN(dropout, added);
        return Outputs{y.values(), over.values(), sum.values()};
      },
      2);
}

TEST_CASE("dropout on CUDA", "[dropout]") {
  if (no_device()) return;
  for (const cases::DropoutCase& c : cases::dropout_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
}

std::vector<float> dropped(const std::vector<float>& x, int64_t rows, const DropoutKey& key) {
  const DeviceBuffer<float> in(x);
  DeviceBuffer<float> out(in.size());
  kernels::cuda::dropout(
      Dropout<float>{
          .rows = rows, .n = in.size() / rows, .x = in.data(), .y = out.data(), .key = key},
      stream());
  return out.download();
}

TEST_CASE("dropout on CUDA: the mask is that of the step in device memory", "[dropout]") {
  if (no_device()) return;
  const auto x = numbers<float>(20 * 37, 1);
  DeviceBuffer<uint64_t> there(1);
  for (const uint64_t step : {0, 17, 18}) {
    std::vector<float> expected(x.size());
    DropoutKey key{.p = 0.5f, .seed = kSeed, .step = &step, .site = 4};
    kernels::reference::dropout(
        Dropout<float>{.rows = 20, .n = 37, .x = x.data(), .y = expected.data(), .key = key});
    there.upload({step});
    key.step = there.data();
    CHECK(dropped(x, 20, key) == expected);
  }
}

TEST_CASE("dropout on CUDA: a dropped element is zero whatever it was", "[dropout]") {
  if (no_device()) return;
  const float infinity = std::numeric_limits<float>::infinity();
  const DropoutKey key{.p = 0.5f, .seed = 8};
  const auto y = dropped(std::vector<float>(512, infinity), 4, key);
  bool right = true;
  for (uint32_t r = 0; r < 4; ++r)
    for (uint32_t c = 0; c < 128; ++c)
      right = right && y[r * 128 + c] == (dropout_keeps(key, 0, r, c) ? infinity : 0);
  CHECK(right);
}

}  // namespace
}  // namespace medley::tests
