// Hard negatives drawn row by row.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.h"
#include "kernels/sampling.h"

namespace medley::kernels::reference {

template <class T>
void sample_negatives(const SampleNegatives<T>& args) {
  std::vector<double> weight(static_cast<size_t>(args.batch));
  for (int64_t b = 0; b < args.batch; ++b) {
    const T* sim = args.sim + b * args.ld;
    const double largest = static_cast<double>(*std::max_element(sim, sim + args.batch));
    double sum = 0, total = 0;
    for (int64_t j = 0; j < args.batch; ++j) {
      weight[static_cast<size_t>(j)] = std::exp(static_cast<double>(sim[j]) - largest);
      sum += weight[static_cast<size_t>(j)];
    }
    for (int64_t j = 0; j < args.batch; ++j) {
      const bool positive = args.caption ? args.caption[j] == args.caption[b] : j == b;
      double& w = weight[static_cast<size_t>(j)];
      w = positive ? 0 : w / sum + 1e-4;
      total += w;
    }
    Random random(args.seed, Purpose::negatives, args.step,
                  static_cast<uint32_t>(2 * b) + args.direction);
    double left = random.uniform() * total;
    int64_t drawn = (b + 1) % args.batch;
    for (int64_t j = 0; j < args.batch && total > 0; ++j) {
      const double w = weight[static_cast<size_t>(j)];
      if (w == 0) continue;
      drawn = j;
      if (left < w) break;
      left -= w;
    }
    args.index[b] = static_cast<int32_t>(drawn);
  }
}

}  // namespace medley::kernels::reference
