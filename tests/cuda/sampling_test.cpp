// Hard negatives on CUDA: the columns that the CPU draws.
#include "kernels/sampling.h"

#include "tests/cuda/sides.h"
#include "tests/ops/cases/sampling_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::SampleNegatives;

// args has all but the pointers; with_pointers: a temperature and a step too.
void check(const SampleNegatives<float>& args, const std::vector<float>& sim,
           const std::vector<int64_t>& caption, bool with_pointers = false) {
  SampleNegatives<float> here = args, there = args;
  std::vector<int32_t> expected(static_cast<size_t>(args.batch), -1);
  here.sim = sim.data();
  here.caption = caption.empty() ? nullptr : caption.data();
  here.index = expected.data();
  const float temp = 3;
  const uint64_t step = 4ull << 40;
  if (with_pointers) here.temp = &temp, here.step = &step;
  kernels::cpu::sample_negatives(here);
  const DeviceBuffer<float> sims(sim);
  const DeviceBuffer<int64_t> captions(caption);
  there.sim = sims.data();
  there.caption = caption.empty() ? nullptr : captions.data();
  const DeviceBuffer<float> temps(std::vector<float>{temp});
  const DeviceBuffer<uint64_t> steps(std::vector<uint64_t>{step});
  if (with_pointers) there.temp = temps.data(), there.step = steps.data();
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
               .floor = direction == 0 ? 1e-4 : 0,
               .seed = 3,
               .direction = direction},
              sim, captions ? caption : std::vector<int64_t>{}, direction == 1);
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

}  // namespace
}  // namespace medley::tests
