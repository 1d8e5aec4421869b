// Patch embedding of a vision transformer (Dosovitskiy et al. 2021): a convolution whose stride is
// its size, the class token in front, position embeddings added:
//   tokens[b, 0] = cls + pos[0],  tokens[b, 1 + j] = weight patch(b, j) + bias + pos[1 + j]
// The convolution is a matrix product over unfolded patches.
#pragma once

#include <cstdint>

#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

template <class T>
struct PatchEmbedForward {
  // side is a multiple of patch; N = (side / patch)^2.
  int64_t batch = 0, side = 0, patch = 0, width = 0;
  const Wide<T>* images = nullptr;  // [batch, 3, side, side]; null: `unfolded` holds them already
  const T* weight = nullptr;        // [width, 3, patch, patch]
  const Wide<T>* bias = nullptr;    // [width]
  const Wide<T>* cls = nullptr;     // [width]
  const Wide<T>* pos = nullptr;     // [1 + N, width]
  T* unfolded = nullptr;            // [batch * N, 3 * patch * patch], kept for the backward pass
  T* tokens = nullptr;              // [batch, 1 + N, width]
};

// Adds to every gradient. Images get none.
template <class T>
struct PatchEmbedBackward {
  int64_t batch = 0, side = 0, patch = 0, width = 0;
  const T* dtokens = nullptr;   // [batch, 1 + N, width]
  const T* unfolded = nullptr;  // [batch * N, 3 * patch * patch]
  Wide<T>* dweight = nullptr;
  Wide<T>* dbias = nullptr;
  Wide<T>* dcls = nullptr;
  Wide<T>* dpos = nullptr;
};

namespace cpu {
void patch_embed_forward(const PatchEmbedForward<float>& args);
void patch_embed_forward(const PatchEmbedForward<double>& args);
void patch_embed_backward(const PatchEmbedBackward<float>& args);
void patch_embed_backward(const PatchEmbedBackward<double>& args);
}  // namespace cpu

namespace cuda {
void patch_embed_forward(const PatchEmbedForward<float>& args, Stream stream);
void patch_embed_forward(const PatchEmbedForward<bf16>& args, Stream stream);
void patch_embed_backward(const PatchEmbedBackward<float>& args, Stream stream);
void patch_embed_backward(const PatchEmbedBackward<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
