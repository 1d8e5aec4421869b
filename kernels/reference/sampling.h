// Hard negatives drawn row by row.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.h"
#include "kernels/sampling.h"

namespace medley::kernels::reference {

// What row b is drawn by, not normalised: weight [B]. Returns the sum.
template <class T>
double negative_weights(const SampleNegatives<T>& args, int64_t b, double* weight) {
  const T* sim = args.sim + b * args.ld;
  const double scale = args.temp ? 1 / static_cast<double>(*args.temp) : 1;
  const double largest = static_cast<double>(*std::max_element(sim, sim + args.batch));
  double sum = 0, total = 0;
  for (int64_t j = 0; j < args.batch; ++j)
    sum += weight[j] = std::exp(scale * (static_cast<double>(sim[j]) - largest));
  for (int64_t j = 0; j < args.batch; ++j) {
    const bool positive = args.caption ? args.caption[j] == args.caption[b] : j == b;
    weight[j] = positive ? 0 : weight[j] / sum + args.floor;
    total += weight[j];
  }
  return total;
}

// Row b; weight [B] is working memory.
template <class T>
int32_t sample_negative(const SampleNegatives<T>& args, int64_t b, double* weight) {
  const double total = negative_weights(args, b, weight);
  Random random(args.seed, Purpose::negatives, args.step ? *args.step : 0,
                static_cast<uint32_t>(2 * b) + args.direction);
  double left = random.uniform() * total;
  int64_t drawn = (b + 1) % args.batch;
  for (int64_t j = 0; j < args.batch && total > 0; ++j) {
    if (weight[j] == 0) continue;
    drawn = j;
    if (left < weight[j]) break;
    left -= weight[j];
  }
  return static_cast<int32_t>(drawn);
}

template <class T>
void sample_negatives(const SampleNegatives<T>& args) {
  std::vector<double> weight(static_cast<size_t>(args.batch));
  for (int64_t b = 0; b < args.batch; ++b) args.index[b] = sample_negative(args, b, weight.data());
}

}  // namespace medley::kernels::reference
