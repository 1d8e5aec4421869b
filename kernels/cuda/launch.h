// Launching a kernel: the one way, the same for a GPU and for the emulator.
//   launch(gelu_kernel<T>, {"gelu", blocks, kThreads}, stream, args);
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/device.h"
#include "kernels/cuda/device/cuda.h"

#if defined(MEDLEY_CUDA_EMULATED)
#include "core/cuda/emulated.h"
#include "kernels/cuda/emulator/launch.h"
#endif

namespace medley::kernels::cuda {

struct Launch {
  const char* kernel;  // its name in errors: a literal
  dim3 grid, block;
  size_t shared = 0;  // bytes of dynamic shared memory
};

// The x of a grid of thread blocks that take `each` of `count` elements or rows. Throws ValueError
// for a negative count, and for more blocks than a launch has.
dim3 blocks_for(const char* kernel, int64_t count, int64_t each = 1);

// Bytes of dynamic shared memory that a thread block can have on the current device: 227 KB on
// sm_90, 99 KB on sm_86 and sm_89.
size_t shared_limit();

// Throws DeviceError with kernel, grid, block and shared memory.
[[noreturn]] void launch_failed(const Launch& how, const char* why);
#if !defined(MEDLEY_CUDA_EMULATED)
void launch_on_device(const void* kernel, const Launch& how, Stream stream, void** args);
#endif

// An empty grid (a dimension of 0) does nothing. Otherwise throws DeviceError when the device
// refuses the launch; the emulator also throws KernelError when it finds a bug in the kernel.
template <class... P>
void launch(void (*kernel)(P...), const Launch& how, Stream stream,
            std::type_identity_t<P>... args) {
  static_assert((std::is_trivially_copyable_v<P> && ...), "parameters are copied to the device");
  static_assert((sizeof(P) + ... + 0) <= 4096, "more than what every device takes as parameters");
  if (how.grid.x == 0 || how.grid.y == 0 || how.grid.z == 0) return;
#if defined(MEDLEY_CUDA_EMULATED)
  if (const std::string why =
          emulator::refusal(emulator::options().architecture, how.grid, how.block, how.shared);
      !why.empty())
    launch_failed(how, why.c_str());
  medley::cuda::enqueue(stream, [=] {
    emulator::run(how.kernel, how.grid, how.block, how.shared, [=] { kernel(args...); });
  });
#else
  void* pointers[] = {static_cast<void*>(&args)..., nullptr};
  launch_on_device(reinterpret_cast<const void*>(kernel), how, stream, pointers);
#endif
}

}  // namespace medley::kernels::cuda
