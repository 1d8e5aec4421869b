// Patch embedding as the convolution that it is.
#pragma once

#include "kernels/patch_embed.h"

namespace medley::kernels::reference {

// Pixel (channel c, row i, column j) of patch n of image b, and where it stands in `unfolded`.
template <class Visit>
void for_each_patch_pixel(int64_t batch, int64_t side, int64_t patch, const Visit& visit) {
  const int64_t across = side / patch;
  int64_t at = 0;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t n = 0; n < across * across; ++n)
      for (int64_t c = 0; c < 3; ++c)
        for (int64_t i = 0; i < patch; ++i)
          for (int64_t j = 0; j < patch; ++j, ++at)
            visit(at,
                  ((b * 3 + c) * side + n / across * patch + i) * side + n % across * patch + j);
}

template <class T>
void patch_embed_forward(const PatchEmbedForward<T>& args) {
  const int64_t patches = (args.side / args.patch) * (args.side / args.patch), d = args.width;
  const int64_t pixels = 3 * args.patch * args.patch;
  if (args.images)
    for_each_patch_pixel(args.batch, args.side, args.patch, [&](int64_t at, int64_t pixel) {
      args.unfolded[at] = args.images[pixel];
    });
  for (int64_t b = 0; b < args.batch; ++b) {
    T* tokens = args.tokens + b * (1 + patches) * d;
    for (int64_t i = 0; i < d; ++i) tokens[i] = args.cls[i] + args.pos[i];
    for (int64_t n = 0; n < patches; ++n)
      for (int64_t i = 0; i < d; ++i) {
        T sum = args.bias[i];
        const T* x = args.unfolded + (b * patches + n) * pixels;
        for (int64_t p = 0; p < pixels; ++p) sum += args.weight[i * pixels + p] * x[p];
        tokens[(1 + n) * d + i] = sum + args.pos[(1 + n) * d + i];
      }
  }
}

template <class T>
void patch_embed_backward(const PatchEmbedBackward<T>& args) {
  const int64_t patches = (args.side / args.patch) * (args.side / args.patch), d = args.width;
  const int64_t pixels = 3 * args.patch * args.patch;
  for (int64_t b = 0; b < args.batch; ++b)
    for (int64_t n = 0; n < 1 + patches; ++n)
      for (int64_t i = 0; i < d; ++i) {
        const T g = args.dtokens[(b * (1 + patches) + n) * d + i];
        args.dpos[n * d + i] += g;
        if (n == 0) {
          args.dcls[i] += g;
          continue;
        }
        args.dbias[i] += g;
        const T* x = args.unfolded + (b * patches + n - 1) * pixels;
        for (int64_t p = 0; p < pixels; ++p) args.dweight[i * pixels + p] += g * x[p];
      }
}

}  // namespace medley::kernels::reference
