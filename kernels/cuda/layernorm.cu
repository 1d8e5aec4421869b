// Layer normalisation: a warp has a row, in registers where it fits, so that it is read once.
// Backward gives each warp several rows that follow each other; it sums their part of dweight and
// dbias on its way, and a second kernel adds the parts in order.
#include <algorithm>

#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/scratch.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/layernorm.h"

namespace medley::kernels::cuda {
namespace {

// registers: 64
template <class T, int kEights>
__global__ void __launch_bounds__(kRowThreads)
    layernorm_forward_kernel(const LayerNormForward<T> a) {
  const int64_t row = warp_index();
  if (row >= a.rows) return;
  const WarpRow<T, kEights> x(a.x + row * a.n, a.n);
  const float n = static_cast<float>(a.n);
  float sum = 0;
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) sum += v.at[j];
  });
  const float mean = device::warp_sum(sum) / n;
  float square = 0;  // a second walk: E[x^2] - mean^2 would cancel
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) {
      const float d = i + j < a.n ? v.at[j] - mean : 0.0f;
      square += d * d;
    }
  });
  const float rstd = 1 / sqrtf(device::warp_sum(square) / n + a.eps);
  for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
    const Eight weight = load_eight(a.weight + i, a.n - i), bias = load_eight(a.bias + i, a.n - i);
    Eight v = x.eight(i, e);
    MEDLEY_UNROLL
    for (int j = 0; j < 8; ++j) v.at[j] = (v.at[j] - mean) * rstd * weight.at[j] + bias.at[j];
    store_eight(a.y + row * a.n + i, a.n - i, v);
  });
  if (threadIdx.x % 32 == 0) {
    a.mean[row] = mean;
    a.rstd[row] = rstd;
  }
}

// Rows of one warp: as many as it takes for the warps to be at most kMaxParts, eight for each
// multiprocessor of an H100. Part of the result's bits.
constexpr int64_t kMaxParts = 1024;
constexpr int64_t rows_of_part(int64_t rows) {
  return std::max<int64_t>((rows + kMaxParts - 1) / kMaxParts, 1);
}

// A lane's sums of dy h and dy over the rows of its warp: in registers, or, when the row is too
// wide for that, at once in the warp's part of `parts`.
template <int kEights>
class ParameterSums {
 public:
  // part: [2, n], written by flush(); null: nothing is wanted.
  MEDLEY_DEVICE ParameterSums(float* part, int64_t n) : part_(part), n_(n) {
    if (part_ == nullptr) return;
    for_each_eight<kEights>(n, [&](int64_t i, int e) {
      if constexpr (kEights > 0)
        weight_[e] = bias_[e] = Eight{};
      else
        put(i, Eight{}, Eight{});
    });
  }
  MEDLEY_DEVICE void add(int64_t i, int e, const Eight& weight, const Eight& bias) {
    if (part_ == nullptr) return;
    if constexpr (kEights > 0) {
      MEDLEY_UNROLL
      for (int j = 0; j < 8; ++j) {
        weight_[e].at[j] += weight.at[j];
        bias_[e].at[j] += bias.at[j];
      }
    } else {
      Eight w = weight, b = bias;
      add_eight(w, part_ + i, n_ - i);
      add_eight(b, part_ + n_ + i, n_ - i);
      put(i, w, b);
    }
  }
  MEDLEY_DEVICE void flush() const {
    if constexpr (kEights > 0)
      if (part_ != nullptr)
        for_each_eight<kEights>(n_, [&](int64_t i, int e) { put(i, weight_[e], bias_[e]); });
  }

 private:
  MEDLEY_DEVICE void put(int64_t i, const Eight& weight, const Eight& bias) const {
    store_eight(part_ + i, n_ - i, weight);
    store_eight(part_ + n_ + i, n_ - i, bias);
  }

  float* part_;
  int64_t n_;
  Eight weight_[kEights == 0 ? 1 : kEights], bias_[kEights == 0 ? 1 : kEights];
};

// parts: [warps, 2, n], or null.
// registers: 184
template <class T, int kEights>
__global__ void __launch_bounds__(kRowThreads, 1)
    layernorm_backward_kernel(const LayerNormBackward<T> a, float* parts) {
  const int64_t per_warp = rows_of_part(a.rows), first = warp_index() * per_warp;
  if (first >= a.rows) return;
  const int64_t end = min(first + per_warp, a.rows);
  const float n = static_cast<float>(a.n);
  ParameterSums<kEights> sums(parts != nullptr ? parts + warp_index() * 2 * a.n : nullptr, a.n);
  for (int64_t row = first; row < end; ++row) {
    const WarpRow<T, kEights> x(a.x + row * a.n, a.n), dy(a.dy + row * a.n, a.n);
    const float mean = a.mean[row], rstd = a.rstd[row];
    float sum_g = 0, sum_gh = 0;
    for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
      const Eight weight = load_eight(a.weight + i, a.n - i), v = x.eight(i, e), d = dy.eight(i, e);
      Eight dh;
      MEDLEY_UNROLL
      for (int j = 0; j < 8; ++j) {
        const float h = (v.at[j] - mean) * rstd, g = d.at[j] * weight.at[j];
        dh.at[j] = d.at[j] * h;
        sum_g += g;
        sum_gh += g * h;
      }
      sums.add(i, e, dh, d);
    });
    const float mean_g = device::warp_sum(sum_g) / n, mean_gh = device::warp_sum(sum_gh) / n;
    for_each_eight<kEights>(a.n, [&](int64_t i, int e) {
      const Eight weight = load_eight(a.weight + i, a.n - i), v = x.eight(i, e);
      Eight d = dy.eight(i, e);
      T* const dx = a.dx + row * a.n + i;
      MEDLEY_UNROLL
      for (int j = 0; j < 8; ++j) {
        const float h = (v.at[j] - mean) * rstd;
        d.at[j] = rstd * (d.at[j] * weight.at[j] - mean_g - h * mean_gh);
      }
      if (a.accumulate) add_eight(d, dx, a.n - i);
      store_eight(dx, a.n - i, d);
    });
  }
  sums.flush();
}

// Adds parts [count, 2, n] to dweight and dbias (blockIdx.y: 0 and 1). A block has 32 columns; warp
// w sums parts w, w + 32, ... of them, then the first warp adds the 32 sums in order.
constexpr int kSumWarps = 32;

// registers: 32
__global__ void __launch_bounds__(32 * kSumWarps)
    layernorm_sums_kernel(const float* parts, int64_t count, int64_t n, float* dweight,
                          float* dbias) {
  MEDLEY_SHARED(memory);
  float* const sums = reinterpret_cast<float*>(memory);  // [kSumWarps, 32]
  const int64_t warp = threadIdx.x / 32, column = blockIdx.x * int64_t{32} + threadIdx.x % 32;
  float sum = 0;
  if (column < n)
    for (int64_t p = warp; p < count; p += kSumWarps)
      sum += parts[(2 * p + blockIdx.y) * n + column];
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || column >= n) return;
  for (unsigned w = 1; w < kSumWarps; ++w) sum += sums[32 * w + threadIdx.x];
  (blockIdx.y == 0 ? dweight : dbias)[column] += sum;
}

template <class T>
void forward(const LayerNormForward<T>& args, Stream stream) {
  const Launch how = over_rows("layernorm_forward", args.rows);
  // Not InPlace: other warps still read the weight when the first write mean and rstd.
  const int64_t x_rows = args.x == args.y ? 0 : args.rows;
  check_buffers("layernorm_forward",
                {input("x", args.x, x_rows, args.n), input("weight", args.weight, args.n),
                 input("bias", args.bias, args.n), output("y", args.y, args.rows, args.n),
                 output("mean", args.mean, args.rows), output("rstd", args.rstd, args.rows)});
  with_eights(args.n, [&](auto eights) {
    launch(layernorm_forward_kernel<T, eights()>, how, stream, args);
  });
}

template <class T>
void backward(const LayerNormBackward<T>& args, Stream stream) {
  if (args.rows == 0 || args.n == 0) return;
  const int64_t per_warp = rows_of_part(args.rows), parts = (args.rows + per_warp - 1) / per_warp;
  const Launch how = over_rows("layernorm_backward", parts);
  check_buffers("layernorm_backward",
                {input("dy", args.dy, args.rows, args.n), input("x", args.x, args.rows, args.n),
                 input("weight", args.weight, args.n), input("mean", args.mean, args.rows),
                 input("rstd", args.rstd, args.rows), output("dx", args.dx, args.rows, args.n),
                 optional_output("dweight", args.dweight, args.n),
                 output("dbias", args.dbias, args.dweight != nullptr ? args.n : 0)},
                args.accumulate ? InPlace::no : InPlace::yes);
  const Scratch<float> sums(args.dweight != nullptr ? parts * 2 * args.n : 0);
  with_eights(args.n, [&](auto eights) {
    launch(layernorm_backward_kernel<T, eights()>, how, stream, args, sums.data());
  });
  if (args.dweight == nullptr) return;
  launch(layernorm_sums_kernel,
         {.kernel = "layernorm_sums",
          .grid = dim3(static_cast<unsigned>((args.n + 31) / 32), 2),
          .block = dim3(32 * kSumWarps),
          .shared = 32 * kSumWarps * sizeof(float)},
         stream, sums.data(), parts, args.n, args.dweight, args.dbias);
}

}  // namespace

void layernorm_forward(const LayerNormForward<float>& args, Stream stream) {
  forward(args, stream);
}
void layernorm_forward(const LayerNormForward<bf16>& args, Stream stream) { forward(args, stream); }
void layernorm_backward(const LayerNormBackward<float>& args, Stream stream) {
  backward(args, stream);
}
void layernorm_backward(const LayerNormBackward<bf16>& args, Stream stream) {
  backward(args, stream);
}

}  // namespace medley::kernels::cuda
