#include "kernels/cuda/emulator/launch.h"

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <system_error>

#include "core/env.h"
#include "core/error.h"
#include "core/threads.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/counters.h"

namespace medley::kernels::cuda::emulator {

namespace {

Options from_environment() {
  Options options;
  const std::string seed = env("MEDLEY_EMULATOR_SEED");
  const char* const end = seed.data() + seed.size();
  if (const auto [stop, error] = std::from_chars(seed.data(), end, options.seed);
      error != std::errc() || stop != end)
    throw ValueError("MEDLEY_EMULATOR_SEED is '" + seed + "': a whole number is needed");
  if (env("MEDLEY_EMULATOR_COUNTERS") == "on") {
    options.count_accesses = true;
    reset_counters();  // they are made before, so that they are still there at the exit
    std::atexit([] { std::cerr << counters_table(); });
  }
  return options;
}

}  // namespace

Options& options() {
  static Options instance = from_environment();
  return instance;
}

void run(const char* kernel, dim3 grid, dim3 block, size_t shared_bytes,
         const std::function<void()>& body) {
  const Grid launch{kernel, grid, block, shared_bytes, options().seed, options().count_accesses,
                    &body};
  Counters total{.launches = 1};
  std::mutex mutex;
  parallel_for(int64_t{grid.x} * grid.y * grid.z, 1, [&](int64_t begin, int64_t end) {
    Block running(launch);
    for (int64_t i = begin; i < end; ++i) running.run(i);
    std::lock_guard lock(mutex);
    total += running.counters;
  });
  add_launch_counters(kernel, total);
}

}  // namespace medley::kernels::cuda::emulator
