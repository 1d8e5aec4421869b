// Rows picked by index on CUDA, with repeats, their gradient, and indices that are out of range.
#include "kernels/gather.h"

#include "kernels/reference/gather.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/gather_cases.h"

namespace medley::tests {
namespace {

using kernels::GatherBackward;
using kernels::GatherForward;

constexpr int64_t kRows = 13;

template <class T>
void check(const cases::GatherCase& c) {
  CAPTURE(c.count, c.n);
  std::vector<int32_t> picked;
  for (int64_t i = 0; i < c.count; ++i) picked.push_back(static_cast<int32_t>(i * i % kRows));
  check_on_device<T>(
      [&]<class Side>(Side) {
        using Kept = typename Side::Kept;
        using Type = typename Side::Type;
        const typename Side::template Ints<int32_t> index(picked);
        const typename Side::Buffer x(rounded<Kept>(kRows * c.n, 1)),
            dy(rounded<Kept>(c.count * c.n, 2));
        typename Side::Buffer y(c.count * c.n), dx(rounded<Kept>(kRows * c.n, 3));
        MEDLEY_RUN(gather_forward, GatherForward<Type>{.count = c.count,
                                                       .n = c.n,
                                                       .rows = kRows,
                                                       .index = index.data(),
                                                       .x = x.data(),
                                                       .y = y.data()});
        MEDLEY_RUN(gather_backward, GatherBackward<Type>{.count = c.count,
                                                         .n = c.n,
                                                         .rows = kRows,
                                                         .index = index.data(),
                                                         .dy = dy.data(),
                                                         .dx = dx.data()});
        return Outputs{y.values(), dx.values()};
      },
      2);
}

TEST_CASE("gather on CUDA", "[gather]") {
  if (no_device()) return;
  for (const cases::GatherCase& c : cases::gather_cases()) {
    check<float>(c);
    check<bf16>(c);
  }
}

TEST_CASE("gather on CUDA: adds in the order of the index", "[gather]") {
  if (no_device()) return;
  // 2^24 + 1 is no float: from the left all of the ones are lost, in any other order some are not.
  constexpr int64_t kCount = 50;
  std::vector<float> values(kCount, 1.0f);
  values[0] = 0x1p24f;
  const DeviceBuffer<float> dy(values);
  const DeviceBuffer<int32_t> index(std::vector<int32_t>(kCount, 0));
  DeviceBuffer<float> dx(std::vector<float>{0});
  kernels::cuda::gather_backward(GatherBackward<float>{.count = kCount,
                                                       .n = 1,
                                                       .rows = 1,
                                                       .index = index.data(),
                                                       .dy = dy.data(),
                                                       .dx = dx.data()},
                                 stream());
  CHECK(dx.download()[0] == 0x1p24f);
}

TEST_CASE("gather on CUDA: an index out of range is reported and not followed", "[gather]") {
  if (no_device()) return;
  for (const int32_t bad : {4, -1, std::numeric_limits<int32_t>::min()}) {
    const DeviceBuffer<int32_t> index(std::vector<int32_t>{3, 1, bad, 1});
    const DeviceBuffer<float> x(std::vector<float>{1, 2, 3, 4}), dy(std::vector<float>{5, 6, 7, 8});
    DeviceBuffer<float> y(4), dx(std::vector<float>(4, 0.0f));
    const auto report = " index holds " + std::to_string(bad) + " at position 2, but must be from";
    kernels::cuda::gather_forward(
        GatherForward<float>{
            .count = 4, .n = 1, .rows = 4, .index = index.data(), .x = x.data(), .y = y.data()},
        stream());
    CHECK_THROWS_WITH(cuda::synchronize(kCuda), Catch::Contains("[gather_forward]" + report));
    CHECK(y.download() == std::vector<float>{4, 2, 0, 2});
    kernels::cuda::gather_backward(
        GatherBackward<float>{
            .count = 4, .n = 1, .rows = 4, .index = index.data(), .dy = dy.data(), .dx = dx.data()},
        stream());
    CHECK_THROWS_WITH(cuda::synchronize(kCuda), Catch::Contains("[gather_backward]" + report));
    CHECK(dx.download() == std::vector<float>{0, 14, 0, 5});
  }
}

}  // namespace
}  // namespace medley::tests
