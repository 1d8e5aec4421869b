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
  const int64_t keys = kernels::cuda::warp_keys(d), step_rows = 512 / keys;  // 16 or 32 at a time
  const int64_t warps = (lk + keys - 1) / keys, groups = (lk + 15) / 16;
  const int64_t tiles = (lq + 31) / 32, steps = (lq + step_rows - 1) / step_rows;
  // A product of 16 keys, 16 rows and d columns is d / 8 mma. A warp makes four of them for each 16
  // of its keys; dQ is one for each 16 keys that somebody sees, and both halves of a tile.
  CHECK(counts.mma == steps * step_rows / 16 * warps * keys / 16 * d / 2 + tiles * groups * d / 4);
  // With 32 keys and 16 rows at a time four ldmatrix feed 8 mma, with 16 and 32 five.
  CHECK(counts.ldmatrix ==
        4 * (steps * warps * d / 16 * (keys == 32 ? 8 : 10) + tiles * groups * d / 16 * 3));
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
