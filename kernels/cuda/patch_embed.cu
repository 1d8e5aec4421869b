// Patch embedding: unfold, one product in f32 accumulation, then tokens from it. One kernel reads
// the gradient of the tokens once for everything but the weight.
#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/cuda.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/scratch.h"
#include "kernels/linear.h"
#include "kernels/patch_embed.h"

namespace medley::kernels::cuda {
namespace {

using device::from_float;
using device::to_float;

constexpr int kThreads = 256;

struct Sizes {
  int64_t patches, pixels;

  template <class Args>
  explicit Sizes(const Args& args) {
    if (args.batch < 0 || args.width < 0 || args.patch < 1 || args.side < 0 ||
        args.side % args.patch != 0)
      throw ShapeError(str("[patch_embed] batch ", args.batch, ", side ", args.side, ", patch ",
                           args.patch, ", width ", args.width));
    patches = (args.side / args.patch) * (args.side / args.patch);
    pixels = 3 * args.patch * args.patch;
  }
};

Launch over(const char* kernel, int64_t count) {
  return {.kernel = kernel, .grid = blocks_for(kernel, count, kThreads), .block = dim3(kThreads)};
}

MEDLEY_DEVICE int64_t global_thread() {
  return static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
}

// A thread has one element of `unfolded` [batch * N, 3, patch, patch].
// registers: 32
template <class T>
__global__ void __launch_bounds__(kThreads)
    unfold_kernel(const PatchEmbedForward<T> args, int64_t count) {
  const int64_t at = global_thread();
  if (at >= count) return;
  const int64_t p = args.patch, across = args.side / p;
  const int64_t j = at % p, i = at / p % p, channel = at / (p * p) % 3, row = at / (p * p * 3);
  const int64_t n = row % (across * across), b = row / (across * across);
  const int64_t y = n / across * p + i, x = n % across * p + j;
  args.unfolded[at] =
      from_float<T>(args.images[((b * 3 + channel) * args.side + y) * args.side + x]);
}

// tokens [batch, 1 + N, width] from the embedded patches [batch * N, width].
// registers: 32
template <class T>
__global__ void __launch_bounds__(kThreads)
    tokens_kernel(const PatchEmbedForward<T> args, const float* embedded, int64_t patches,
                  int64_t count) {
  const int64_t at = global_thread();
  if (at >= count) return;
  const int64_t column = at % args.width, row = at / args.width;
  const int64_t n = row % (1 + patches), b = row / (1 + patches);
  const float x = n == 0 ? args.cls[column] : embedded[(b * patches + n - 1) * args.width + column];
  args.tokens[at] = from_float<T>(x + args.pos[n * args.width + column]);
}

// A thread has one element of a token: it sums over the pictures, in order, for dpos, dcls and
// sums [1 + N, width], and copies the patches' gradients to where the product reads them.
// registers: 32
template <class T>
__global__ void __launch_bounds__(kThreads)
    token_gradients_kernel(const PatchEmbedBackward<T> args, int64_t patches, float* sums,
                           T* dpatches) {
  const int64_t at = global_thread(), size = (1 + patches) * args.width;
  if (at >= size) return;
  float sum = 0;
#pragma unroll 4
  for (int64_t b = 0; b < args.batch; ++b) {
    const T g = args.dtokens[b * size + at];
    sum += to_float(g);
    if (at >= args.width) dpatches[b * patches * args.width + at - args.width] = g;
  }
  sums[at] = sum;
  args.dpos[at] += sum;
  if (at < args.width) args.dcls[at] += sum;
}

template <class T>
void forward(const PatchEmbedForward<T>& args, Stream stream) {
  const auto [patches, pixels] = Sizes(args);
  const int64_t rows = args.batch * patches, d = args.width;
  const Launch unfold = over("unfold", rows * pixels);
  check_buffers("patch_embed_forward",
                {optional_input("images", args.images, 3 * args.batch, args.side * args.side),
                 input("weight", args.weight, d, pixels), input("bias", args.bias, d),
                 input("cls", args.cls, d), input("pos", args.pos, 1 + patches, d),
                 output("unfolded", args.unfolded, rows, pixels),
                 output("tokens", args.tokens, args.batch * (1 + patches), d)});
  if (args.images != nullptr) launch(unfold_kernel<T>, unfold, stream, args, rows * pixels);
  // In f32, so that the position is added before the one rounding.
  const Scratch<float> embedded(rows * d);
  gemm(Gemm<T, float>{.m = rows,
                      .n = d,
                      .k = pixels,
                      .a = args.unfolded,
                      .a_row = pixels,
                      .b = args.weight,
                      .b_row = 1,
                      .b_col = pixels,
                      .c = embedded.data(),
                      .ldc = d,
                      .bias = args.bias},
       stream);
  const int64_t count = args.batch * (1 + patches) * d;
  launch(tokens_kernel<T>, over("tokens", count), stream, args, embedded.data(), patches, count);
}

template <class T>
void backward(const PatchEmbedBackward<T>& args, Stream stream) {
  const auto [patches, pixels] = Sizes(args);
  const int64_t rows = args.batch * patches, d = args.width;
  check_buffers("patch_embed_backward",
                {input("dtokens", args.dtokens, args.batch * (1 + patches), d),
                 input("unfolded", args.unfolded, rows, pixels),
                 output("dweight", args.dweight, d, pixels), output("dbias", args.dbias, d),
                 output("dcls", args.dcls, d), output("dpos", args.dpos, 1 + patches, d)});
  const Scratch<float> sums((1 + patches) * d);
  const Scratch<T> dpatches(rows * d);
  launch(token_gradients_kernel<T>, over("token_gradients", (1 + patches) * d), stream, args,
         patches, sums.data(), dpatches.data());
  column_sum(
      ColumnSum<float>{.rows = patches, .n = d, .x = sums.data() + d, .ldx = d, .out = args.dbias},
      stream);
  gemm(Gemm<T, float>{.m = d,
                      .n = pixels,
                      .k = rows,
                      .a = dpatches.data(),
                      .a_row = 1,
                      .a_col = d,
                      .b = args.unfolded,
                      .b_row = pixels,
                      .c = args.dweight,
                      .ldc = pixels,
                      .accumulate = true},
       stream);
}

}  // namespace

void patch_embed_forward(const PatchEmbedForward<float>& args, Stream stream) {
  forward(args, stream);
}
void patch_embed_forward(const PatchEmbedForward<bf16>& args, Stream stream) {
  forward(args, stream);
}
void patch_embed_backward(const PatchEmbedBackward<float>& args, Stream stream) {
  backward(args, stream);
}
void patch_embed_backward(const PatchEmbedBackward<bf16>& args, Stream stream) {
  backward(args, stream);
}

}  // namespace medley::kernels::cuda
