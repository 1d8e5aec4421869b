// Cross-entropy with label smoothing and ignored targets, row by row.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/cross_entropy.h"

namespace medley::kernels::reference {

// -log p[c] = lse - logit[c], so the row loss is lse - (1 - s) logit[target] - s mean(logits).
template <class T>
void cross_entropy_forward(const CrossEntropyForward<T>& args) {
  T total = 0;
  int64_t counted = 0;
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* x = args.logits + r * args.classes;
    const T largest = *std::max_element(x, x + args.classes);
    T sum = 0, mean = 0;
    for (int64_t c = 0; c < args.classes; ++c) {
      sum += std::exp(x[c] - largest);
      mean += x[c] - largest;
    }
    mean /= static_cast<T>(args.classes);
    const T log_sum = std::log(sum);
    args.lse[r] = largest + log_sum;
    args.row_loss[r] = 0;
    if (args.targets[r] == kIgnoredTarget) continue;
    const T right = x[args.targets[r]] - largest;
    args.row_loss[r] = log_sum - (1 - args.smoothing) * right;
    // The mean of huge logits is infinite, and nothing times that is NaN.
    if (args.smoothing > 0) args.row_loss[r] -= args.smoothing * mean;
    total += args.weights ? args.weights[r] * args.row_loss[r] : args.row_loss[r];
    ++counted;
  }
  if (!args.weights && counted > 0) total /= static_cast<T>(counted);
  *args.loss = total;
}

//   dlogit[c] = (p[c] - (1 - s) [c = target] - s / classes) * factor
// where factor is dloss / rows that count, or dloss * weight.
template <class T>
void cross_entropy_backward(const CrossEntropyBackward<T>& args) {
  int64_t counted = 0;
  for (int64_t r = 0; r < args.rows; ++r) counted += args.targets[r] != kIgnoredTarget;
  const T scale = counted == 0 ? T(0) : *args.dloss / static_cast<T>(counted);
  for (int64_t r = 0; r < args.rows; ++r) {
    const T* x = args.logits + r * args.classes;
    T* d = args.dlogits + r * args.classes;
    const int32_t target = args.targets[r];
    const T row_scale = args.weights ? args.weights[r] * *args.dloss : scale;
    for (int64_t c = 0; c < args.classes; ++c) {
      const T p = std::exp(x[c] - args.lse[r]);
      const T wanted =
          (c == target ? 1 - args.smoothing : T(0)) + args.smoothing / static_cast<T>(args.classes);
      d[c] = target == kIgnoredTarget ? T(0) : row_scale * (p - wanted);
    }
  }
}

}  // namespace medley::kernels::reference
