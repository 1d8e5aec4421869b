// Softmax statistics of a row that is read once: the sums are taken relative to the largest value
// so far and moved when a larger one comes (Milakov and Gimelshein 2018).
#pragma once

#include <cfloat>

#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/reduce.h"

namespace medley::kernels::cuda {

struct SoftmaxSums {
  float largest = -FLT_MAX;
  float exps = 0;    // sum of exp(x - largest)
  float shifts = 0;  // sum of x - largest
  float count = 0;

  template <int N>
  MEDLEY_DEVICE void add(const float (&x)[N]) {
    float now = largest;
    MEDLEY_UNROLL
    for (const float v : x) now = fmaxf(now, v);  // NaN comes in with the sums
    rebase(now);
    MEDLEY_UNROLL
    for (const float v : x) {
      exps += device::exp2_approx((v - largest) * device::kLog2e);
      shifts += v - largest;
    }
    count += N;
  }

  // Every thread of the block gets the sums of all; `shared` has a float for each warp.
  MEDLEY_DEVICE void reduce(float* shared) {
    rebase(device::block_max(largest, shared));
    exps = device::block_sum(exps, shared);
    shifts = device::block_sum(shifts, shared);
    count = device::block_sum(count, shared);
  }

 private:
  MEDLEY_DEVICE void rebase(float now) {
    exps *= device::exp2_approx((largest - now) * device::kLog2e);
    // The difference may be infinite.
    shifts = count > 0 && now != largest ? shifts + count * (largest - now) : shifts;
    largest = now;
  }
};

}  // namespace medley::kernels::cuda
