// Atomic operations on integers, and the one that records faults.
#include "kernels/cuda/device/fault.h"
#include "tests/golden/kernel.h"

namespace medley::golden {
namespace {

using namespace kernels::cuda::device;  // NOLINT

// Out: seven results of each lane's own [7][32], what was there before [7][32], and six of all
// lanes together, where what is left does not depend on their order.
template <class T>
MEDLEY_DEVICE void atomics(const uint32_t* in, uint32_t* out) {
  const auto* const operands = reinterpret_cast<const T*>(in);
  // Sums of 32 do not overflow.
  const T first = operands[thread()] >> 6, value = operands[thread() + 32] >> 6;
  T* const alone = reinterpret_cast<T*>(out) + thread();
  T* const before = alone + 7 * 32;
  for (int i = 0; i < 7; ++i) alone[i * 32] = first;
  before[0] = atomicAdd(alone, value);
  before[32] = atomicMin(alone + 32, value);
  before[64] = atomicMax(alone + 64, value);
  before[96] = atomicAnd(alone + 96, value);
  before[128] = atomicOr(alone + 128, value);
  before[160] = atomicExch(alone + 160, value);
  before[192] = atomicCAS(alone + 192, thread() % 2 == 0 ? first : value, value);

  T* const together = reinterpret_cast<T*>(out) + 14 * 32;
  if (thread() < 6) together[thread()] = first;
  __syncwarp();
  atomicAdd(together, value);
  atomicMin(together + 1, value);
  atomicMax(together + 2, value);
  atomicAnd(together + 3, value);
  atomicOr(together + 4, value);
  // A sum, by trial: whoever fails saw another lane succeed, or guessed at first.
  T seen = first, now = atomicCAS(together + 5, seen, seen + value);
  for (int failures = 1; now != seen && failures <= 32; ++failures) {
    seen = now;
    now = atomicCAS(together + 5, seen, seen + value);
  }
}

// Which lane comes first is the schedule's choice; the report is then that lane's, all of it, and
// what is raised later changes nothing.
MEDLEY_DEVICE void raise(const uint32_t* in, uint32_t* out) {
  MEDLEY_SHARED(memory);
  auto* const slot = reinterpret_cast<Fault*>(memory);
  if (thread() == 0) *slot = Fault{};
  __syncwarp();
  const bool has_fault = thread() == 13 || (in[thread()] & 1) != 0;
  if (has_fault)
    raise_fault(slot, FaultKind::index_out_of_range, thread(), in[thread()], in[thread() + 32]);
  __syncwarp();
  raise_fault(slot, FaultKind::offsets_end, 32, 0, 0);
  __syncwarp();
  const auto winner = static_cast<int>(slot->position);
  out[thread()] = static_cast<uint32_t>(slot->kind);
  out[thread() + 32] = winner == 13 || (in[winner] & 1) != 0;
  out[thread() + 64] = static_cast<uint32_t>(slot->value) - in[winner];
  out[thread() + 96] = static_cast<uint32_t>(slot->limit) - in[winner + 32];
}

constexpr Primitive kPrimitives[] = {
    {"atomics_int", Code::sm_80, Operands::bits, 64, 454, {}, run<atomics<int>, 32>},
    {"atomics_64", Code::sm_80, Operands::bits, 128, 908, {}, run<atomics<unsigned long long>, 32>},
    {"raise_fault", Code::sm_80, Operands::bits, 64, 128, {}, run<raise, 32, sizeof(Fault)>},
};

}  // namespace

std::span<const Primitive> atomic_primitives() { return kPrimitives; }

}  // namespace medley::golden
