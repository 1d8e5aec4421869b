// Hard negatives on CUDA: the columns that the CPU draws.
#include "kernels/sampling.h"

#include "tests/cuda/sides.h"
#include "tests/ops/cases/sampling_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::SampleNegatives;

// A problem with `b` rows; args has all but the pointers.
void check(const SampleNegatives<float>& args, const std::vector<float>& sim,
           const std::vector<int64_t>& caption) {
  SampleNegatives<float> here = args, there = args;
  std::vector<int32_t> expected(static_cast<size_t>(args.batch), -1);
  here.sim = sim.data();
  here.caption = caption.empty() ? nullptr : caption.data();
  here.index = expected.data();
  kernels::cpu::sample_negatives(here);
  const DeviceBuffer<float> sims(sim);
  const DeviceBuffer<int64_t> captions(caption);
  there.sim = sims.data();
  there.caption = caption.empty() ? nullptr : captions.data();
  CHECK(for_each_schedule([&] {
          DeviceBuffer<int32_t> index(args.batch);
          there.index = index.data();
          kernels::cuda::sample_negatives(there, stream());
          return index.download();
        }) == expected);
}

TEST_CASE("sampling on CUDA: the columns that the CPU draws", "[sampling]") {
  if (no_device()) return;
  for (const auto& [b] : cases::sampling_cases()) {
    const int64_t ld = b + 3;
    const auto sim = numbers<float>(b * ld, 1, 20);
    std::vector<int64_t> caption;
    for (int64_t i = 0; i < b; ++i) caption.push_back(i / 2);
    for (const uint32_t direction : {0u, 1u})
      for (const bool captions : {false, true}) {
        CAPTURE(b, direction, captions);
        check({.batch = b,
               .ld = ld,
               .seed = 3,
               .step = 4ull << 40,
               .scale = direction == 0 ? 1 : 0.3,
               .floor = direction == 0 ? 1e-4 : 0,
               .direction = direction},
              sim, captions ? caption : std::vector<int64_t>{});
      }
  }
}

TEST_CASE("sampling on CUDA: rows that are NaN or all positive", "[sampling]") {
  if (no_device()) return;
  auto sim = numbers<float>(9, 1);
  check({.batch = 3, .ld = 3}, sim, {7, 7, 7});
  sim[4] = std::numeric_limits<float>::quiet_NaN();
  check({.batch = 3, .ld = 3}, sim, {});
}

TEST_CASE("sampling on CUDA: a step in device memory takes the place of the other", "[sampling]") {
  if (no_device()) return;
  const DeviceBuffer<float> sim(numbers<float>(64 * 64, 1));
  const DeviceBuffer<uint64_t> five(std::vector<uint64_t>{5});
  const auto drawn = [&](uint64_t step, const uint64_t* device_step) {
    DeviceBuffer<int32_t> index(64);
    kernels::cuda::sample_negatives(SampleNegatives<float>{.batch = 64,
                                                           .sim = sim.data(),
                                                           .ld = 64,
                                                           .seed = 1,
                                                           .step = step,
                                                           .device_step = device_step,
                                                           .index = index.data()},
                                    stream());
    return index.download();
  };
  CHECK(drawn(2, five.data()) == drawn(5, nullptr));
  CHECK(drawn(2, nullptr) != drawn(5, nullptr));
}

}  // namespace
}  // namespace medley::tests
