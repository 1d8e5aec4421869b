#include <limits>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/launch.h"

namespace medley::kernels::cuda {

dim3 blocks_for(const char* kernel, int64_t count, int64_t each) {
  constexpr int64_t kMostBlocks = std::numeric_limits<int32_t>::max();
  if (count < 0)
    throw ValueError(str("[", kernel, "] got ", count, " elements or rows"),
                     "sizes count from 0 up");
  if (count / each >= kMostBlocks)
    throw ValueError(str("[", kernel, "] got ", count, " elements or rows, but one launch takes ",
                         kMostBlocks * each),
                     "split the tensor");
  return dim3(static_cast<unsigned>((count + each - 1) / each));
}

size_t shared_limit() {
#if defined(MEDLEY_CUDA_EMULATED)
  return emulator::options().architecture.shared_bytes;
#else
  int device = 0, bytes = 0;
  for (const cudaError_t status :
       {cudaGetDevice(&device),
        cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device)})
    if (status != cudaSuccess)
      throw DeviceError(str("[cuda] asking for the shared memory of cuda:", device, ": ",
                            cudaGetErrorString(status)));
  return static_cast<size_t>(bytes);
#endif
}

void launch_failed(const Launch& how, const char* why) {
  const auto size = [](dim3 d) { return str(d.x, "x", d.y, "x", d.z); };
  throw DeviceError(str("[", how.kernel, "] cannot be launched: ", why, " (grid ", size(how.grid),
                        ", block ", size(how.block), ", ", how.shared, " bytes of shared memory)"));
}

#if !defined(MEDLEY_CUDA_EMULATED)
void launch_on_device(const void* kernel, const Launch& how, Stream stream, void** args) {
  constexpr size_t kWithoutOptIn = 48 << 10;
  const auto check = [&](cudaError_t status) {
    if (status != cudaSuccess) launch_failed(how, cudaGetErrorString(status));
  };
  if (how.shared > kWithoutOptIn)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(how.shared)));
  cudaLaunchConfig_t config{};
  config.gridDim = how.grid;
  config.blockDim = how.block;
  config.dynamicSmemBytes = how.shared;
  config.stream = static_cast<cudaStream_t>(stream.native);
  check(cudaLaunchKernelExC(&config, kernel, args));
}
#endif

}  // namespace medley::kernels::cuda
