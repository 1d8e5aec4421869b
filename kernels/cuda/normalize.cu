// Rows scaled to unit length: a warp has a row, in registers where it fits.
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/normalize.h"

namespace medley::kernels::cuda {
namespace {

constexpr float kEps = static_cast<float>(kNormalizeEps);

// registers: 60
template <class T, int kEights>
__global__ void __launch_bounds__(kRowThreads)
    normalize_forward_kernel(const NormalizeForward<T> a) {
  const int64_t row = warp_index();
  if (row >= a.rows) return;
  const WarpRow<T, kEights> x(a.x + row * a.n, a.n);
  float square = 0;
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) square += v.at[j] * v.at[j];
  });
  const float length = sqrtf(device::warp_sum(square));
  const float norm = length < kEps ? kEps : length;  // NaN stays
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) v.at[j] /= norm;
    store_eight(a.y + row * a.n + i, a.n - i, v);
  });
  if (threadIdx.x % 32 == 0) a.norm[row] = norm;
}

// registers: 112
template <class T, int kEights>
__global__ void __launch_bounds__(kRowThreads)
    normalize_backward_kernel(const NormalizeBackward<T> a) {
  const int64_t row = warp_index();
  if (row >= a.rows) return;
  const WarpRow<T, kEights> y(a.y + row * a.n, a.n), dy(a.dy + row * a.n, a.n);
  const float norm = a.norm[row];
  float dot = 0;
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = y.eight(i, e), d = dy.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) dot += v.at[j] * d.at[j];
  });
  dot = device::warp_sum(dot);
  if (norm <= kEps) dot = 0;  // a clamped norm is a constant
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = y.eight(i, e);
    Eight d = dy.eight(i, e);
    T* const dx = a.dx + row * a.n + i;
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) d.at[j] = (d.at[j] - v.at[j] * dot) / norm;
    if (a.accumulate) add_eight(d, dx, a.n - i);
    store_eight(dx, a.n - i, d);
  });
}

template <class T>
void forward(const NormalizeForward<T>& args, Stream stream) {
  const Launch how = over_rows("normalize_forward", args.rows);
  check_buffers("normalize_forward",
                {input("x", args.x, args.rows, args.n), output("y", args.y, args.rows, args.n),
                 output("norm", args.norm, args.rows)});
  with_eights(args.n, [&](auto eights) {
    launch(normalize_forward_kernel<T, eights()>, how, stream, args);
  });
}
template <class T>
void backward(const NormalizeBackward<T>& args, Stream stream) {
  const Launch how = over_rows("normalize_backward", args.rows);
  check_buffers("normalize_backward",
                {input("dy", args.dy, args.rows, args.n), input("y", args.y, args.rows, args.n),
                 input("norm", args.norm, args.rows), output("dx", args.dx, args.rows, args.n)},
                args.accumulate ? InPlace::no : InPlace::yes);
  with_eights(args.n, [&](auto eights) {
    launch(normalize_backward_kernel<T, eights()>, how, stream, args);
  });
}

}  // namespace

void normalize_forward(const NormalizeForward<float>& args, Stream stream) {
  forward(args, stream);
}
void normalize_forward(const NormalizeForward<bf16>& args, Stream stream) { forward(args, stream); }
void normalize_backward(const NormalizeBackward<float>& args, Stream stream) {
  backward(args, stream);
}
void normalize_backward(const NormalizeBackward<bf16>& args, Stream stream) {
  backward(args, stream);
}

}  // namespace medley::kernels::cuda
