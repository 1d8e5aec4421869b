// Hard negatives for image-text matching (BLIP section 3.2): for each row b one column j of the
// batch, with probability proportional to softmax over the first B columns of sim, plus a floor;
// positives are excluded. Weights and their running sum are f64 whatever T is.
#pragma once

#include <cstdint>

#include "core/device.h"

namespace medley::kernels {

template <class T>
struct SampleNegatives {
  int64_t batch = 0;
  const T* sim = nullptr;  // [B, >= B], row stride ld
  int64_t ld = 0;
  const int64_t* caption = nullptr;  // [B]: equal ids are positives too; null: only the diagonal is
  const T* temp = nullptr;           // [1]: softmax(sim / temp); null: softmax(sim)
  double floor = 1e-4;               // the original's in pre-training; 0 in retrieval
  // Row b draws by Random(seed, Purpose::negatives, *step, 2 * b + direction).
  uint64_t seed = 0;
  const uint64_t* step = nullptr;  // [1]; null: 0
  uint32_t direction = 0;          // 0: images for texts, 1: texts for images
  int32_t* index = nullptr;        // [B]; (b + 1) % B where all columns are positive or sim is NaN
};

namespace cpu {
void sample_negatives(const SampleNegatives<float>& args);
void sample_negatives(const SampleNegatives<double>& args);
}  // namespace cpu

namespace cuda {
void sample_negatives(const SampleNegatives<float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
