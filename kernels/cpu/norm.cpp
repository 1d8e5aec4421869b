// Chunks are shared out among threads and added in the order of the contract.
#include "kernels/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/threads.h"
#include "kernels/reference/norm.h"

namespace medley::kernels::cpu {
namespace {

struct Chunk {
  double sum = 0;
  int64_t nonfinite = 0;
};

template <class T>
Chunk sum_chunk(const T* x, int64_t n) {
  // Several running sums, so that additions need not wait for each other.
  double lanes[kNormLanes] = {};
  int64_t i = 0;
  for (; i + kNormLanes <= n; i += kNormLanes)
    for (int64_t j = 0; j < kNormLanes; ++j) {
      const double v = static_cast<double>(x[i + j]);
      lanes[j] += v * v;
    }
  for (; i < n; ++i) lanes[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  Chunk chunk;
  for (const double lane : lanes) chunk.sum += lane;
  // x * x of a finite f32 is finite in f64, so the sum tells whether the chunk holds anything else.
  if (!std::isfinite(chunk.sum))
    reference::squared_norm(
        SquaredNorm<T>{.n = n, .x = x, .sum = &chunk.sum, .nonfinite = &chunk.nonfinite});
  return chunk;
}

template <class T>
void sum_chunks(const SquaredNorm<T>& args) {
  const int64_t count = (args.n + kNormChunk - 1) / kNormChunk;
  std::vector<Chunk> chunks(static_cast<size_t>(count));
  parallel_for(count, 8, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c)
      chunks[static_cast<size_t>(c)] =
          sum_chunk(args.x + c * kNormChunk, std::min(kNormChunk, args.n - c * kNormChunk));
  });
  *args.sum = 0;
  *args.nonfinite = 0;
  double group = 0;
  for (int64_t c = 0; c < count; ++c) {
    group += chunks[static_cast<size_t>(c)].sum;
    *args.nonfinite += chunks[static_cast<size_t>(c)].nonfinite;
    if ((c + 1) % kNormGroup != 0 && c + 1 != count) continue;
    *args.sum += group;
    group = 0;
  }
}

}  // namespace

void squared_norm(const SquaredNorm<float>& args) { sum_chunks(args); }
void squared_norm(const SquaredNorm<double>& args) { sum_chunks(args); }

}  // namespace medley::kernels::cpu
