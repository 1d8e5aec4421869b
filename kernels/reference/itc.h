// Image-text contrastive loss, one direction at a time.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/itc.h"

namespace medley::kernels::reference {

// One direction: queries [B, E] against keys (this batch's, then the queue's). Adds its half of the
// loss, of dtemp and, into dquery, the gradient of the queries.
template <class T>
struct ItcDirection {
  const T* query = nullptr;
  const T* query_momentum = nullptr;
  const T* keys = nullptr;   // [B, E]
  const T* queue = nullptr;  // [Q, E]
  T* sim = nullptr;          // [B, K]
  T* target = nullptr;       // [B, K]
  T* dquery = nullptr;       // [B, E]; null: no gradients
};

template <class T>
void softmax_row(T* row, int64_t n) {
  const T largest = *std::max_element(row, row + n);
  T sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += row[i] = std::exp(row[i] - largest);
  for (int64_t i = 0; i < n; ++i) row[i] /= sum;
}

template <class T>
void itc_direction(const Itc<T>& args, const ItcDirection<T>& d) {
  const int64_t b_count = args.batch, k_count = args.batch + args.queue, e = args.n;
  const T temp = *args.temp, alpha = args.alpha ? static_cast<T>(*args.alpha) : T(0);
  const auto key = [&](int64_t k) {
    return k < b_count ? d.keys + k * e : d.queue + (k - b_count) * e;
  };
  const auto dot = [&](const T* x, const T* y) {
    T sum = 0;
    for (int64_t i = 0; i < e; ++i) sum += x[i] * y[i];
    return sum;
  };
  const auto positive = [&](int64_t b, int64_t k) {
    if (!args.caption) return b == k;
    return args.caption[b] == (k < b_count ? args.caption[k] : args.queue_caption[k - b_count]);
  };
  for (int64_t b = 0; b < b_count; ++b) {
    T* sim = d.sim + b * k_count;
    T* target = d.target + b * k_count;
    T positives = 0;
    for (int64_t k = 0; k < k_count; ++k) {
      sim[k] = dot(d.query + b * e, key(k)) / temp;
      target[k] = dot(d.query_momentum + b * e, key(k)) / temp;
      positives += positive(b, k) ? T(1) : T(0);
    }
    softmax_row(target, k_count);
    // The original has the hard targets of equal captions in f32, whatever the model computes in.
    const T share =
        args.caption
            ? static_cast<T>(static_cast<float>(1 - alpha) * (1 / static_cast<float>(positives)))
            : 1 - alpha;
    T total = 0;
    for (int64_t k = 0; k < k_count; ++k) {
      target[k] = alpha * target[k] + (positive(b, k) ? share : T(0));
      total += target[k];
    }

    // loss = -target . log softmax(sim), dloss/dsim = total softmax(sim) - target.
    const T largest = *std::max_element(sim, sim + k_count);
    T sum = 0, expected = 0;
    for (int64_t k = 0; k < k_count; ++k) {
      sum += std::exp(sim[k] - largest);
      expected += target[k] * (sim[k] - largest);
    }
    const T half = T(0.5) / static_cast<T>(b_count);
    *args.loss += half * (total * std::log(sum) - expected);
    if (!d.dquery) continue;
    for (int64_t i = 0; i < e; ++i) d.dquery[b * e + i] = 0;
    for (int64_t k = 0; k < k_count; ++k) {
      const T dsim = half * (total * std::exp(sim[k] - largest) / sum - target[k]);
      for (int64_t i = 0; i < e; ++i) d.dquery[b * e + i] += dsim / temp * key(k)[i];
      *args.dtemp -= dsim * sim[k] / temp;
    }
  }
}

template <class T>
void itc(const Itc<T>& args) {
  *args.loss = 0;
  if (args.dtemp) *args.dtemp = 0;
  itc_direction<T>(args, {args.image, args.image_momentum, args.text_momentum, args.text_queue,
                          args.sim_i2t, args.target_i2t, args.dimage});
  itc_direction<T>(args, {args.text, args.text_momentum, args.image_momentum, args.image_queue,
                          args.sim_t2i, args.target_t2i, args.dtext});
}

}  // namespace medley::kernels::reference
