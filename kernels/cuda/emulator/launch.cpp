#include "kernels/cuda/emulator/launch.h"

#include <mutex>

#include "core/threads.h"
#include "kernels/cuda/emulator/block.h"
#include "kernels/cuda/emulator/counters.h"

namespace medley::kernels::cuda::emulator {

Options& options() {
  static Options instance;
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
