// f32: unfold, then one matrix product for the convolution; tokens are assembled image by image.
#include "kernels/patch_embed.h"

#include <cstring>

#include "core/threads.h"
#include "kernels/cpu/scratch.h"
#include "kernels/linear.h"
#include "kernels/reference/patch_embed.h"

namespace medley::kernels::cpu {
namespace {

// Row of patch n of image b in `unfolded`: channel, row, column, as a convolution weight lies in
// memory.
void unfold(const PatchEmbedForward<float>& args) {
  const int64_t across = args.side / args.patch, p = args.patch, side = args.side;
  parallel_for(args.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      float* out = args.unfolded + b * across * across * 3 * p * p;
      for (int64_t n = 0; n < across * across; ++n)
        for (int64_t c = 0; c < 3; ++c)
          for (int64_t i = 0; i < p; ++i, out += p)
            std::memcpy(
                out,
                args.images + ((b * 3 + c) * side + n / across * p + i) * side + n % across * p,
                static_cast<size_t>(p) * sizeof(float));
    }
  });
}

void add_row(float* sum, const float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) sum[i] += x[i];
}

}  // namespace

void patch_embed_forward(const PatchEmbedForward<float>& args) {
  const int64_t patches = (args.side / args.patch) * (args.side / args.patch), d = args.width;
  const int64_t pixels = 3 * args.patch * args.patch;
  if (args.images) unfold(args);
  float* embedded = scratch(Scratch::staging, args.batch * patches * d);
  gemm(Gemm<float>{.m = args.batch * patches,
                   .n = d,
                   .k = pixels,
                   .a = args.unfolded,
                   .a_row = pixels,
                   .b = args.weight,
                   .b_row = 1,
                   .b_col = pixels,
                   .c = embedded,
                   .ldc = d,
                   .bias = args.bias});
  parallel_for(args.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      float* tokens = args.tokens + b * (1 + patches) * d;
      const float* rows = embedded + b * patches * d;
      for (int64_t i = 0; i < d; ++i) tokens[i] = args.cls[i] + args.pos[i];
      for (int64_t i = 0; i < patches * d; ++i) tokens[d + i] = rows[i] + args.pos[d + i];
    }
  });
}

void patch_embed_backward(const PatchEmbedBackward<float>& args) {
  const int64_t patches = (args.side / args.patch) * (args.side / args.patch), d = args.width;
  const int64_t pixels = 3 * args.patch * args.patch, rows = args.batch * patches;
  // Images in order for every sum; positions are shared out among threads.
  parallel_for(1 + patches, 8, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      for (int64_t b = 0; b < args.batch; ++b) {
        const float* g = args.dtokens + (b * (1 + patches) + n) * d;
        add_row(args.dpos + n * d, g, d);
        if (n == 0) add_row(args.dcls, g, d);
      }
  });
  float* dpatches = scratch(Scratch::staging, rows * d);
  for (int64_t b = 0; b < args.batch; ++b)
    std::memcpy(dpatches + b * patches * d, args.dtokens + (b * (1 + patches) + 1) * d,
                static_cast<size_t>(patches * d) * sizeof(float));
  column_sum(ColumnSum<float>{.rows = rows, .n = d, .x = dpatches, .ldx = d, .out = args.dbias});
  gemm(Gemm<float>{.m = d,
                   .n = pixels,
                   .k = rows,
                   .a = dpatches,
                   .a_row = 1,
                   .a_col = d,
                   .b = args.unfolded,
                   .b_row = pixels,
                   .b_col = 1,
                   .c = args.dweight,
                   .ldc = pixels,
                   .accumulate = true});
}

void patch_embed_forward(const PatchEmbedForward<double>& args) {
  reference::patch_embed_forward(args);
}
void patch_embed_backward(const PatchEmbedBackward<double>& args) {
  reference::patch_embed_backward(args);
}

}  // namespace medley::kernels::cpu
