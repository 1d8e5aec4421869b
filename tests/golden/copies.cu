// Asynchronous copies to shared memory. Only what must have landed is read.
#include "kernels/cuda/device/cp_async.h"
#include "kernels/cuda/device/mbarrier.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/tensor_map.h"
#include "tests/golden/kernel.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda::device;  // NOLINT

constexpr int kTile = 32 * 16;  // bytes: 16 a lane

MEDLEY_DEVICE void copy(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  cp_async16(memory + thread() * 16, in + thread() * 4, thread() % 3 != 1);
  cp_async_commit();
  cp_async_wait<0>();
  __syncwarp();
  uint32_t words[4];
  load_words(memory + (31 - thread()) * 16, words);
  store_words(out + thread() * 4, words);
}

template <int kTileNumber, int kUnderWay>
MEDLEY_DEVICE void wait_and_read(const unsigned char* memory, uint32_t* out) {
  cp_async_wait<kUnderWay>();
  __syncwarp();
  uint32_t words[4];
  load_words(memory + kTileNumber * kTile + (31 - thread()) * 16, words);
  store_words(out + (kTileNumber * 32 + thread()) * 4, words);
}

// Three groups of one tile each and one without copies, which counts as well.
MEDLEY_DEVICE void copy_groups(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  for (int tile = 0; tile < 3; ++tile) {
    cp_async16(memory + tile * kTile + thread() * 16, in + (tile * 32 + thread()) * 4, true);
    cp_async_commit();
  }
  cp_async_commit();
  wait_and_read<0, 3>(memory, out);
  wait_and_read<1, 2>(memory, out);
  wait_and_read<2, 1>(memory, out);
}

constexpr int kBoxBytes = 16 * 64 * 2;

// Two boxes of 16 x 64 of a matrix 16 x 64, one reaching over its end and one over its start, in
// two phases of one mbarrier. registers: 64
__global__ void __launch_bounds__(32)
    tma_kernel(const __grid_constant__ TensorMap map, uint32_t* out, uint32_t* code) {
  MEDLEY_SHARED(memory);
  mark_code(code);
  auto* const barrier = reinterpret_cast<uint64_t*>(memory + 2 * kBoxBytes);
  if (thread() == 0) {
    mbarrier_init(barrier, 1);
    fence_mbarrier_init();
  }
  __syncthreads();
  for (int box = 0; box < 2; ++box) {
    unsigned char* const tile = memory + box * kBoxBytes;
    if (thread() == 0) {
      mbarrier_arrive_expect(barrier, kBoxBytes);
      tma_load(tile, map, box == 0 ? 24 : -13, box == 0 ? 4 : -3, barrier);
    }
    mbarrier_wait(barrier, static_cast<uint32_t>(box));
    const auto* const words = reinterpret_cast<const uint32_t*>(tile);
    for (int i = thread(); i < kBoxBytes / 4; i += 32) out[box * kBoxBytes / 4 + i] = words[i];
    __syncwarp();  // nobody still waits for this phase when the next one ends
  }
}

void run_tma(const uint32_t* in, uint32_t* out, uint32_t* code, Stream stream) {
  const auto map =
      kernels::cuda::make_tensor_map(reinterpret_cast<const bf16*>(in), 16, 64, 128, 16, 64);
  kernels::cuda::launch(tma_kernel, {"golden", 1, 32, 2 * kBoxBytes + 8}, stream, map, out, code);
}

constexpr Primitive kPrimitives[] = {
    {"cp_async16", Code::sm_80, Operands::bits, 128, 128, {}, run<copy, 32, kTile>},
    {"cp_async_wait", Code::sm_80, Operands::bits, 384, 384, {}, run<copy_groups, 32, 3 * kTile>},
    {"tma_load", Code::sm_90, Operands::bits, 512, 1024, {}, run_tma},
};

}  // namespace

std::span<const Primitive> copy_primitives() { return kPrimitives; }

}  // namespace medley::golden
