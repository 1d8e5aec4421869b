// What tests of the emulator share: launching a small kernel, and the words of what it reports.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/error.h"
#include "kernels/cuda/device/line.h"
#include "kernels/cuda/emulator/launch.h"
#include "kernels/cuda/launch.h"

namespace emulator_test {

using namespace medley::kernels::cuda;          // NOLINT: launch, Launch
using namespace medley::kernels::cuda::device;  // NOLINT: the primitives

// Sets the seed and options of the emulator for a scope.
class WithOptions {
 public:
  explicit WithOptions(uint64_t seed) { emulator::options().seed = seed; }
  ~WithOptions() { emulator::options() = saved_; }
  WithOptions(const WithOptions&) = delete;
  WithOptions& operator=(const WithOptions&) = delete;

 private:
  emulator::Options saved_ = emulator::options();
};

// What the emulator says about a kernel with a bug; empty when it found none.
template <class Run>
std::string report_of(Run run) {
  try {
    run();
    return {};
  } catch (const medley::KernelError& error) {
    return error.what();
  }
}

// In how many of the schedules with seeds 0 to seeds - 1 `good()` is false or a report is thrown.
template <class Good>
int failing_schedules(int seeds, Good good) {
  int failing = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    const WithOptions options(static_cast<uint64_t>(seed));
    bool passed = false;
    const std::string report = report_of([&] { passed = good(); });
    failing += !passed || !report.empty();
  }
  return failing;
}

}  // namespace emulator_test
