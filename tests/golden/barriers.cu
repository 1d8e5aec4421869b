// Barriers beside __syncthreads, and setmaxnreg, which the warps of a warpgroup execute together.
#include "kernels/cuda/device/barrier.h"
#include "kernels/cuda/device/mbarrier.h"
#include "kernels/cuda/device/proxy.h"
#include "kernels/cuda/device/shuffle.h"
#include "tests/golden/kernel.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda::device;  // NOLINT

MEDLEY_DEVICE void named_barrier(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const words = reinterpret_cast<uint32_t*>(memory);
  if (thread() < 64) {
    words[thread()] = in[thread()];
    named_barrier_arrive(1, 128);
  } else {
    named_barrier_sync(1, 128);
    out[thread() - 64] = words[127 - thread()];
  }
}

// One warp hands five rows to another through one slot. Each row is a phase of both barriers; the
// first wait for an empty slot is for the phase before the first.
MEDLEY_DEVICE void mbarrier_phases(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const slot = reinterpret_cast<uint32_t*>(memory);
  auto* const full = reinterpret_cast<uint64_t*>(memory + 128);
  uint64_t* const empty = full + 1;
  if (thread() == 0) {
    mbarrier_init(full, 32);
    mbarrier_init(empty, 32);
    fence_mbarrier_init();
  }
  __syncthreads();
  const int lane = thread() % 32;
  for (int row = 0; row < 5; ++row) {
    const auto parity = static_cast<uint32_t>(row % 2);
    if (thread() < 32) {
      mbarrier_wait(empty, parity ^ 1);
      slot[lane] = in[row * 32 + lane];
      mbarrier_arrive(full);
    } else {
      mbarrier_wait(full, parity);
      out[row * 32 + lane] = slot[31 - lane];
      mbarrier_arrive(empty);
    }
  }
}

// Two warpgroups take what the third gives back of 168 registers a thread, the most that ptxas has
// for 384 threads. What they hold stays. The shuffles keep the loads before and the stores after.
MEDLEY_DEVICE void move_registers(const uint32_t* in, uint32_t* out) {
  uint32_t words[4];
  MEDLEY_UNROLL
  for (int i = 0; i < 4; ++i) words[i] = shuffle_xor(in[i * 384 + thread()], 1);
  if (thread() < 128)
    lower_registers<24>();
  else
    raise_registers<240>();
  MEDLEY_UNROLL
  for (int i = 0; i < 4; ++i) out[i * 384 + thread()] = shuffle_xor(words[i], 2);
}

constexpr Primitive kPrimitives[] = {
    {"named_barrier", Code::sm_80, Operands::bits, 64, 64, {}, run<named_barrier, 128, 256>},
    {"mbarrier", Code::sm_90, Operands::bits, 160, 160, {}, run<mbarrier_phases, 64, 144>},
    {"setmaxnreg", Code::sm_90a, Operands::bits, 1536, 1536, {}, run<move_registers, 384>},
};

}  // namespace

std::span<const Primitive> barrier_primitives() { return kPrimitives; }

}  // namespace medley::golden
