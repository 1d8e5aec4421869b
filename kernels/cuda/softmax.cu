// Softmax of rows: a warp has a row, in registers where it fits.
#include <cmath>

#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/math.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/softmax.h"

namespace medley::kernels::cuda {
namespace {

// registers: 62
template <class T, int kEights>
__global__ void __launch_bounds__(kRowThreads) softmax_forward_kernel(const SoftmaxForward<T> a) {
  const int64_t row = warp_index();
  if (row >= a.rows) return;
  const WarpRow<T, kEights> x(a.x + row * a.n, a.n);
  float largest = -INFINITY, sum = 0;
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j)
      if (i + j < a.n) largest = fmaxf(largest, v.at[j]);
  });
  largest = device::warp_max(largest);
  const auto exps = [&](int64_t i, int e) {
    Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (float& t : v.at) t = device::exp2_approx((t - largest) * device::kLog2e);
    return v;
  };
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = exps(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j)
      if (i + j < a.n) sum += v.at[j];
  });
  sum = device::warp_sum(sum);
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    Eight v = exps(i, e);
    MEDLEY_UNROLL
    for (float& t : v.at) t /= sum;
    store_eight(a.y + row * a.n + i, a.n - i, v);
  });
}

// registers: 80
template <class T, int kEights>
__global__ void __launch_bounds__(kRowThreads) softmax_backward_kernel(const SoftmaxBackward<T> a) {
  const int64_t row = warp_index();
  if (row >= a.rows) return;
  const WarpRow<T, kEights> y(a.y + row * a.n, a.n), dy(a.dy + row * a.n, a.n);
  float dot = 0;
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = y.eight(i, e), d = dy.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) dot += v.at[j] * d.at[j];
  });
  dot = device::warp_sum(dot);
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = y.eight(i, e);
    Eight d = dy.eight(i, e);
    T* const dx = a.dx + row * a.n + i;
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) d.at[j] = v.at[j] * (d.at[j] - dot);
    if (a.accumulate) add_eight(d, dx, a.n - i);
    store_eight(dx, a.n - i, d);
  });
}

template <class T>
void forward(const SoftmaxForward<T>& args, Stream stream) {
  const Launch how = over_rows("softmax_forward", args.rows);
  check_buffers("softmax_forward",
                {input("x", args.x, args.rows, args.n), output("y", args.y, args.rows, args.n)},
                InPlace::yes);
  with_eights(args.n,
              [&](auto eights) { launch(softmax_forward_kernel<T, eights()>, how, stream, args); });
}
template <class T>
void backward(const SoftmaxBackward<T>& args, Stream stream) {
  const Launch how = over_rows("softmax_backward", args.rows);
  check_buffers("softmax_backward",
                {input("dy", args.dy, args.rows, args.n), input("y", args.y, args.rows, args.n),
                 output("dx", args.dx, args.rows, args.n)},
                args.accumulate ? InPlace::no : InPlace::yes);
  with_eights(args.n, [&](auto eights) {
    launch(softmax_backward_kernel<T, eights()>, how, stream, args);
  });
}

}  // namespace

void softmax_forward(const SoftmaxForward<float>& args, Stream stream) { forward(args, stream); }
void softmax_forward(const SoftmaxForward<bf16>& args, Stream stream) { forward(args, stream); }
void softmax_backward(const SoftmaxBackward<float>& args, Stream stream) { backward(args, stream); }
void softmax_backward(const SoftmaxBackward<bf16>& args, Stream stream) { backward(args, stream); }

}  // namespace medley::kernels::cuda
