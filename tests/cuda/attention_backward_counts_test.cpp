// What the emulator counts while attention backward runs on tensor cores: mma and ldmatrix are what
// the tiles need and no more, every row is read once for each step of keys, and no access to shared
// memory waits for another.
#if defined(MEDLEY_CUDA_EMULATED)
#include "kernels/cuda/emulator/counters.h"
#include "tests/cuda/attention_backward_problem.h"

namespace medley::tests {
namespace {

using kernels::cuda::emulator::Counters;

Counters counts_of(const cases::AttentionCase& c) {
  const AttentionProblem problem = rounded_to<bf16>(AttentionProblem(c));
  const DeviceBackward<bf16> device(problem, naive_forward<bf16>(problem), 16);
  auto& options = kernels::cuda::emulator::options();
  const bool before = options.count_accesses;
  options.count_accesses = true;
  device.run();
  options.count_accesses = before;
  return kernels::cuda::emulator::last_launch_counters();
}

// One (block, head) of `lq` rows on `lk` keys, all of them seen.
void check_counts(int32_t lq, int32_t lk, int64_t d, float dropout = 0) {
  INFO(lq << " x " << lk << " x " << d);
  const Counters counts = counts_of({"", {lq}, {lk}, {}, 1, d, false, dropout});
  const kernels::cuda::KeyLayout layout = kernels::cuda::key_layout(d, lk);
  const int64_t tiles = (lq + 31) / 32, keys = kernels::cuda::warp_keys(d);
  const int64_t warps = (lk + keys - 1) / keys, groups = (lk + 15) / 16;
  // A product of 16 keys, 32 rows and d columns is d / 4 mma. A warp makes four for each 16 of its
  // keys; dQ is one for each 16 keys that somebody sees.
  CHECK(counts.mma == tiles * (warps * keys / 16 * d + groups * d / 4));
  // A fragment serves as many mma as registers allow: 8 in 4 ldmatrix with 32 keys a warp.
  const int64_t of_warp = keys == 32 ? d : d * 5 / 8;
  CHECK(counts.ldmatrix == 4 * tiles * (warps * of_warp + groups * d / 16 * 3));
  CHECK(counts.ldmatrix_conflicts == 0);
  CHECK(counts.shared_accesses > 0);
  CHECK(counts.shared_conflicts == 0);
  CHECK(counts.cp_async_bytes == (2 * lk + 3 * lq * layout.steps) * d * 2);
  CHECK(counts.global_sectors == counts.global_sectors_least);
}

TEST_CASE("attention backward: mma, ldmatrix and bytes are those of the tiles", "[attention]") {
  check_counts(197, 197, 64);
  check_counts(577, 577, 64);  // three steps of keys
  check_counts(40, 40, 64, 0.1f);
  check_counts(40, 197, 64, 0.1f);
  check_counts(37, 37, 32);
  check_counts(50, 197, 128);
}

}  // namespace
}  // namespace medley::tests
#endif
