// Image-text contrastive loss against momentum features and their queue, with soft targets (BLIP
// section 3.2; ALBEF). Keys are this batch's B momentum features, then Q queued ones; K = B + Q:
//   sim_i2t = image . text_keys / temp,  sim_t2i = text . image_keys / temp   [B, K]
//   target = alpha softmax(momentum sim) + (1 - alpha) hard                   [B, K]
//   loss = 1/2 mean over b of -sum_k target log softmax(sim), both directions added
// The momentum sim has image_momentum (text_momentum) for image (text). hard: one-hot at k = b, or,
// when caption ids are given, uniform over the keys with the caption id of row b. Targets are
// constants: dtemp flows through sim alone. The gradients for dloss = 1 are made in the same pass:
// they are [B, E], while the keys change before backward runs.
#pragma once

#include <cstdint>

#include "core/device.h"

namespace medley::kernels {

template <class T>
struct Itc {
  int64_t batch = 0, queue = 0, n = 0;  // B >= 1, Q >= 0, E >= 1
  const T* image = nullptr;             // [B, E] unit rows, as the next five
  const T* text = nullptr;              // [B, E]
  const T* image_momentum = nullptr;    // [B, E]
  const T* text_momentum = nullptr;     // [B, E]
  const T* image_queue = nullptr;       // [Q, E]
  const T* text_queue = nullptr;        // [Q, E]
  // [B] ids of equal captions; null: every pair is its own only positive.
  const int64_t* caption = nullptr;
  // [Q], -1 for none; null exactly when caption is null or Q is 0.
  const int64_t* queue_caption = nullptr;
  const T* temp = nullptr;        // [1]
  const double* alpha = nullptr;  // [1]; null: 0
  T* sim_i2t = nullptr;           // [B, K], all four are written and may be read afterwards
  T* sim_t2i = nullptr;
  T* target_i2t = nullptr;
  T* target_t2i = nullptr;
  T* loss = nullptr;    // [1]
  T* dimage = nullptr;  // [B, E] for dloss = 1; null with dtext and dtemp: no gradients wanted
  T* dtext = nullptr;   // [B, E]
  T* dtemp = nullptr;   // [1]
};

namespace cpu {
void itc(const Itc<float>& args);
void itc(const Itc<double>& args);
}  // namespace cpu

namespace cuda {
void itc(const Itc<float>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
