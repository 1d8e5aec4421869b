// emulator_races RACE: kernels from which a barrier is missing. A build with ThreadSanitizer
// reports it; check.sh wants the report to name the line with "RACE: name".
#include <iostream>
#include <string_view>
#include <vector>

#include "kernels/cuda/device/cp_async.h"
#include "kernels/cuda/device/mbarrier.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/tensor_map.h"

namespace {

using namespace medley::kernels::cuda;          // NOLINT
using namespace medley::kernels::cuda::device;  // NOLINT

enum class Race { none, after_copy, before_reuse, warp, blocks, mbarrier };

// Twice: 128 floats go to shared memory, each thread reads another's.
__global__ void copy_kernel(const float* in, float* out, Race race) {
  MEDLEY_SHARED(memory);
  auto* const tile = reinterpret_cast<float*>(memory);
  const int t = static_cast<int>(threadIdx.x);
  float sum = 0;
  for (int round = 0; round < 2; ++round) {
    if (t < 32) {
      cp_async16(tile + 4 * t, in + 4 * t, true);  // RACE: before_reuse
      cp_async_commit();
      cp_async_wait<0>();
    }
    if (race != Race::after_copy) __syncthreads();
    sum += tile[127 - t];  // RACE: after_copy
    if (race != Race::before_reuse) __syncthreads();
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

// A shuffle brings values to another lane, but does not order memory: __syncwarp does.
__global__ void warp_kernel(float* out, Race race) {
  MEDLEY_SHARED(memory);
  auto* const tile = reinterpret_cast<float*>(memory);
  const int t = static_cast<int>(threadIdx.x);
  tile[t] = __shfl_xor_sync(~0u, static_cast<float>(t), 1);
  if (race != Race::warp) __syncwarp();
  out[t] = tile[31 - t];  // RACE: warp
}

// Two blocks add to one number.
__global__ void blocks_kernel(int* sum, Race race) {
  if (threadIdx.x != 0) return;
  if (race == Race::blocks)
    *sum += 1;  // RACE: blocks
  else
    atomicAdd(sum, 1);
}

// TMA fills a tile; the mbarrier says when.
__global__ void tma_kernel(const __grid_constant__ TensorMap map, uint32_t* out, Race race) {
  MEDLEY_SHARED(memory);
  auto* const barrier = reinterpret_cast<uint64_t*>(memory + 1024);
  const int t = static_cast<int>(threadIdx.x);
  if (t == 0) mbarrier_init(barrier, 1);
  __syncthreads();
  if (t == 0) {
    mbarrier_arrive_expect(barrier, 1024);
    tma_load(memory, map, 0, 0, barrier);
  }
  if (race != Race::mbarrier || t == 0) mbarrier_wait(barrier, 0);
  out[t] = reinterpret_cast<const uint32_t*>(memory)[t];  // RACE: mbarrier
}

void run(Race race) {
  const std::vector<float> in(128, 1.0f);
  std::vector<float> out(256);
  launch(copy_kernel, {"copy", 2, 128, 512}, {}, in.data(), out.data(), race);
  launch(warp_kernel, {"warp", 1, 32, 128}, {}, out.data(), race);
  int sum = 0;
  launch(blocks_kernel, {"blocks", 2, 32}, {}, &sum, race);
  alignas(16) static const medley::bf16 matrix[8 * 64] = {};
  std::vector<uint32_t> words(32);
  launch(tma_kernel, {"tma", 1, 32, 1024 + 8}, {}, make_tensor_map(matrix, 8, 64, 128, 8, 64),
         words.data(), race);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* kNames[] = {"none", "after_copy", "before_reuse",
                                    "warp", "blocks",     "mbarrier"};
  for (int i = 0; argc == 2 && i < 6; ++i) {
    if (std::string_view(kNames[i]) != argv[1]) continue;
    run(static_cast<Race>(i));
    return 0;
  }
  std::cerr << "usage: emulator_races none|after_copy|before_reuse|warp|blocks|mbarrier\n";
  return 2;
}
