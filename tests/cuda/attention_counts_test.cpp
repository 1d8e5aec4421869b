// What the emulator counts while attention forward runs: tensor-core operations are what the tiles
// need and no more, and no access to shared memory waits for another.
#if defined(MEDLEY_CUDA_EMULATED)
#include "kernels/cuda/emulator/counters.h"
#include "tests/cuda/attention_problem.h"

namespace medley::tests {
namespace {

using kernels::cuda::emulator::Counters;

Counters counts_of(const cases::AttentionCase& c, ForwardKernel kernel) {
  const DeviceForward<bf16> device(rounded_to<bf16>(AttentionProblem(c)), 16);
  auto out = device.fresh_outputs();
  auto& options = kernels::cuda::emulator::options();
  const bool before = options.count_accesses;
  options.count_accesses = true;
  device.launch(out, kernel);
  options.count_accesses = before;
  return kernels::cuda::emulator::last_launch_counters();
}

struct Expected {
  int64_t mma = 0, ldmatrix = 0;  // of a warp; ldmatrix of four 8x8 matrices
};

// Warps of `rows` query rows that each meet their keys in groups of 16: D / 16 mma make 16 x 8
// scores, and as many add 16 keys to 16 x 8 of the output. A fragment of K or V serves all rows of
// a warp.
Expected expected(const cases::AttentionCase& c, int64_t rows, int64_t warps_with_queries) {
  const int64_t d = c.head_dim;
  Expected sum;
  for (size_t i = 0; i < c.q_lengths.size(); ++i) {
    const int64_t lq = c.q_lengths[i], lk = c.k_lengths[i];
    for (int64_t row = 0; row < lq; row += rows) {
      const int64_t last = std::min(row + rows, lq) - 1;
      const int64_t seen = c.causal ? std::clamp<int64_t>(last + 1 + lk - lq, 0, lk) : lk;
      const int64_t groups = (seen + 15) / 16;
      sum.mma += c.heads * groups * rows / 16 * d / 4;
      sum.ldmatrix += c.heads * groups * d / 8;
    }
  }
  sum.ldmatrix += warps_with_queries * rows / 16 * d / 16;
  return sum;
}

void check_counts(const cases::AttentionCase& c, ForwardKernel kernel, int64_t rows,
                  int64_t warps_with_queries, int64_t bytes) {
  INFO(c.name << ", " << kernels::cuda::name_of(kernel));
  const Counters counts = counts_of(c, kernel);
  const Expected e = expected(c, rows, warps_with_queries);
  CHECK(counts.mma == e.mma);
  CHECK(counts.ldmatrix == 4 * e.ldmatrix);
  CHECK(counts.ldmatrix_conflicts == 0);
  CHECK(counts.shared_accesses > 0);
  CHECK(counts.shared_conflicts == 0);
  CHECK(counts.cp_async_bytes == bytes);
  CHECK(counts.global_sectors == counts.global_sectors_least);
}

TEST_CASE("attention forward: mma, ldmatrix and bytes are those of the tiles", "[attention]") {
  const auto row_bytes = [](int64_t rows, int64_t d) { return rows * d * 2; };
  const cases::AttentionCase vit{"197", {197}, {197}, {}, 2, 64};
  // 13 warps' tiles of 16 x 208; q, k and v are read once.
  check_counts(vit, ForwardKernel::resident, 16, 2 * 13, 2 * row_bytes(3 * 197, 64));
  CHECK(expected(vit, 16, 26).mma == 2 * 13 * 13 * 16);
  // Two tiles of four warps of 32 rows; k and v are read by both.
  check_counts(vit, ForwardKernel::streamed, 32, 2 * 8, 2 * row_bytes(197 + 4 * 197, 64));
  const cases::AttentionCase large{"577", {577}, {577}, {}, 1, 64};
  check_counts(large, ForwardKernel::streamed, 32, 5 * 4, row_bytes(577 + 10 * 577, 64));
  const cases::AttentionCase text{"causal 40", {40}, {40}, {}, 4, 64, true};
  check_counts(text, ForwardKernel::resident, 16, 4 * 3, 4 * row_bytes(3 * 40, 64));
  CHECK(expected(text, 16, 12).mma == 4 * (1 + 2 + 3) * 16);
  const cases::AttentionCase cross{"cross 40 x 197", {40}, {197}, {}, 1, 64};
  check_counts(cross, ForwardKernel::resident, 16, 3, row_bytes(40 + 2 * 197, 64));
  const cases::AttentionCase narrow{"head dim 32", {37}, {37}, {}, 3, 32};
  check_counts(narrow, ForwardKernel::resident, 16, 3 * 3, 3 * row_bytes(3 * 37, 32));
  const cases::AttentionCase wide{"head dim 128", {100}, {150}, {}, 1, 128};
  check_counts(wide, ForwardKernel::streamed, 16, 2 * 4, row_bytes(100 + 4 * 150, 128));
  const cases::AttentionCase dropout{"dropout", {60}, {90}, {}, 1, 64, false, 0.2f};
  check_counts(dropout, ForwardKernel::streamed, 32, 2, row_bytes(60 + 2 * 90, 64));
}

}  // namespace
}  // namespace medley::tests
#endif
