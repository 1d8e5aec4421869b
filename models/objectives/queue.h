// The feature queues: keys of earlier batches for the contrastive loss (He et al. 2020; Li et al.
// 2022, section 3.2).
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace medley::models {

// Written in a ring: any size, any batch.
struct FeatureQueue {
  Tensor image, text;  // [Q, E], unit rows; Q may be 0
  Tensor caption;      // [Q] i64, -1 where nothing was written yet
  int64_t next = 0;    // row that the next feature goes to
};

// Random unit rows, as the original starts; captions -1.
FeatureQueue make_queue(int64_t size, int64_t width, DType dtype, Device device, uint64_t seed);

// Writes image and text features [B, E] and caption ids [B] (may be undefined) to rows next, next +
// 1, ..., round the end. Of a batch larger than the queue the last rows stay.
void enqueue(FeatureQueue& queue, const Tensor& image, const Tensor& text, const Tensor& caption);

}  // namespace medley::models
