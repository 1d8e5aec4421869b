// Fixed chunks, each summed by one thread; the chunk sums are added in order.
#include "kernels/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/threads.h"
#include "kernels/reference/norm.h"

namespace medley::kernels::cpu {
namespace {

constexpr int64_t kChunk = 4096;

template <class T>
void sum_chunks(const SquaredNorm<T>& args) {
  const int64_t chunks = (args.n + kChunk - 1) / kChunk;
  std::vector<double> sums(static_cast<size_t>(chunks));
  std::vector<int64_t> bad(static_cast<size_t>(chunks));
  parallel_for(chunks, 8, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const int64_t first = c * kChunk, last = std::min(first + kChunk, args.n);
      // Eight running sums, so that additions need not wait for each other. x * x of a finite f32
      // is finite in f64, so the sum tells whether the chunk holds anything else.
      double lanes[8] = {};
      int64_t i = first;
      for (; i + 8 <= last; i += 8)
        for (int64_t j = 0; j < 8; ++j) {
          const double x = static_cast<double>(args.x[i + j]);
          lanes[j] += x * x;
        }
      for (; i < last; ++i)
        lanes[0] += static_cast<double>(args.x[i]) * static_cast<double>(args.x[i]);
      double sum = 0;
      for (const double lane : lanes) sum += lane;
      if (!std::isfinite(sum))
        reference::squared_norm(SquaredNorm<T>{.n = last - first,
                                               .x = args.x + first,
                                               .sum = &sum,
                                               .nonfinite = &bad[static_cast<size_t>(c)]});
      sums[static_cast<size_t>(c)] = sum;
    }
  });
  *args.sum = 0;
  *args.nonfinite = 0;
  for (size_t c = 0; c < sums.size(); ++c) {
    *args.sum += sums[c];
    *args.nonfinite += bad[c];
  }
}

}  // namespace

void squared_norm(const SquaredNorm<float>& args) { sum_chunks(args); }
void squared_norm(const SquaredNorm<double>& args) { sum_chunks(args); }

}  // namespace medley::kernels::cpu
