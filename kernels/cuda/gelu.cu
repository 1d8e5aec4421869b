// GELU and its gradient by themselves; linear layers have them in their epilogue.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"
#include "kernels/cuda/gelu.h"
#include "kernels/gelu.h"

namespace medley::kernels::cuda {
namespace {

// registers: 32
template <class T>
__global__ void __launch_bounds__(kFlatThreads) gelu_forward_kernel(const GeluForward<T> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  Eight x = load_eight(a.x + i, left);
  MEDLEY_UNROLL
  for (float& v : x.at) v = gelu(v);
  store_eight(a.y + i, left, x);
}

// registers: 40
template <class T>
__global__ void __launch_bounds__(kFlatThreads) gelu_backward_kernel(const GeluBackward<T> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  const Eight x = load_eight(a.x + i, left);
  Eight d = load_eight(a.dy + i, left);
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j) d.at[j] *= gelu_gradient(x.at[j]);
  if (a.accumulate) add_eight(d, a.dx + i, left);
  store_eight(a.dx + i, left, d);
}

template <class T>
void forward(const GeluForward<T>& args, Stream stream) {
  const Launch how = over_flat("gelu_forward", args.n);
  check_buffers("gelu_forward", {input("x", args.x, args.n), output("y", args.y, args.n)},
                InPlace::yes);
  launch(gelu_forward_kernel<T>, how, stream, args);
}
template <class T>
void backward(const GeluBackward<T>& args, Stream stream) {
  const Launch how = over_flat("gelu_backward", args.n);
  check_buffers(
      "gelu_backward",
      {input("dy", args.dy, args.n), input("x", args.x, args.n), output("dx", args.dx, args.n)},
      args.accumulate ? InPlace::no : InPlace::yes);
  launch(gelu_backward_kernel<T>, how, stream, args);
}

}  // namespace

void gelu_forward(const GeluForward<float>& args, Stream stream) { forward(args, stream); }
void gelu_forward(const GeluForward<bf16>& args, Stream stream) { forward(args, stream); }
void gelu_backward(const GeluBackward<float>& args, Stream stream) { backward(args, stream); }
void gelu_backward(const GeluBackward<bf16>& args, Stream stream) { backward(args, stream); }

}  // namespace medley::kernels::cuda
