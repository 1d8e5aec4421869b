// ReLU and its gradient.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/flat.h"
#include "kernels/relu.h"

namespace medley::kernels::cuda {
namespace {

// registers: 21
template <class T>
__global__ void __launch_bounds__(kFlatThreads) relu_forward_kernel(const ReluForward<T> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  Eight x = load_eight(a.x + i, left);
  MEDLEY_UNROLL
  for (float& v : x.at) v = v < 0 ? 0 : v;  // NaN stays
  store_eight(a.y + i, left, x);
}

// registers: 28
template <class T>
__global__ void __launch_bounds__(kFlatThreads) relu_backward_kernel(const ReluBackward<T> a) {
  const int64_t i = flat_index(), left = a.n - i;
  if (left <= 0) return;
  const Eight y = load_eight(a.y + i, left);
  Eight d = load_eight(a.dy + i, left);
  MEDLEY_UNROLL
  for (int j = 0; j < 8; ++j)
    if (y.at[j] == 0) d.at[j] = 0;
  store_eight(a.dx + i, left, d);
}

template <class T>
void forward(const ReluForward<T>& args, Stream stream) {
  const Launch how = over_flat("relu_forward", args.n);
  check_buffers("relu_forward", {input("x", args.x, args.n), output("y", args.y, args.n)},
                InPlace::yes);
  launch(relu_forward_kernel<T>, how, stream, args);
}
template <class T>
void backward(const ReluBackward<T>& args, Stream stream) {
  const Launch how = over_flat("relu_backward", args.n);
  check_buffers(
      "relu_backward",
      {input("dy", args.dy, args.n), input("y", args.y, args.n), output("dx", args.dx, args.n)},
      InPlace::yes);
  launch(relu_backward_kernel<T>, how, stream, args);
}

}  // namespace

void relu_forward(const ReluForward<float>& args, Stream stream) { forward(args, stream); }
void relu_forward(const ReluForward<bf16>& args, Stream stream) { forward(args, stream); }
void relu_backward(const ReluBackward<float>& args, Stream stream) { backward(args, stream); }
void relu_backward(const ReluBackward<bf16>& args, Stream stream) { backward(args, stream); }

}  // namespace medley::kernels::cuda
