// Cross-entropy: a block has a row and reads it once in each direction.
#include <algorithm>
#include <type_traits>

#include "kernels/cross_entropy.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/fault.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/scratch.h"
#include "kernels/cuda/softmax_sums.h"

namespace medley::kernels::cuda {
namespace {

constexpr int kMaxThreads = 256;

// Enough for eight classes a thread.
Launch over_classes(const char* kernel, int64_t rows, int64_t classes) {
  const int64_t warps = std::clamp<int64_t>((classes + 255) / 256, 1, kMaxThreads / 32);
  return {.kernel = kernel,
          .grid = blocks_for(kernel, rows),
          .block = dim3(static_cast<unsigned>(32 * warps)),
          .shared = static_cast<size_t>(warps) * sizeof(float)};
}

// Calls each(i, width) for pieces of a row that the block's threads share: `width`, a constant, is
// 8 where row + i is a multiple of 16 bytes and 1 before the first and behind the last of those. A
// vocabulary of 30524 in bf16 puts every other row off.
template <class T, class Each>
MEDLEY_DEVICE void for_each_piece(const T* row, int64_t n, const Each& each) {
  constexpr std::integral_constant<int, 1> kOne;
  constexpr std::integral_constant<int, 8> kEight;
  const auto odd = static_cast<int64_t>(reinterpret_cast<uintptr_t>(row) % 16 / sizeof(T));
  const int64_t head = min(odd == 0 ? 0 : static_cast<int64_t>(16 / sizeof(T)) - odd, n);
  const int64_t tail = head + (n - head) / 8 * 8;
  const int64_t thread = threadIdx.x, threads = blockDim.x;
  for (int64_t i = thread; i < head; i += threads) each(i, kOne);
  for (int64_t i = head + 8 * thread; i < tail; i += 8 * threads) each(i, kEight);
  for (int64_t i = tail + thread; i < n; i += threads) each(i, kOne);
}

template <class T, int N>
MEDLEY_DEVICE void load_piece(const T* p, float (&x)[N]) {
  if constexpr (N == 1)
    x[0] = device::to_float(*p);
  else
    device::load_vector(p, x);
}
// p need not be aligned: dlogits may lie elsewhere than logits.
template <class T, int N>
MEDLEY_DEVICE void store_piece(T* p, const float (&x)[N]) {
  if constexpr (N > 1)
    if (reinterpret_cast<uintptr_t>(p) % 16 == 0) return device::store_vector(p, x);
  MEDLEY_UNROLL
  for (int j = 0; j < N; ++j) p[j] = device::from_float<T>(x[j]);
}

MEDLEY_DEVICE bool in_range(int64_t target, int64_t classes) {
  return target >= 0 && target < classes;
}

// registers: 29
template <class T>
__global__ void __launch_bounds__(kMaxThreads)
    cross_entropy_forward_kernel(const CrossEntropyForward<T> a, device::Fault* fault) {
  MEDLEY_SHARED(memory);
  const int64_t row = blockIdx.x;
  const T* const x = a.logits + row * a.classes;
  SoftmaxSums sums;
  for_each_piece(x, a.classes, [&](int64_t i, auto width) {
    float v[width()];
    load_piece(x + i, v);
    sums.add(v);
  });
  sums.reduce(reinterpret_cast<float*>(memory));
  if (threadIdx.x != 0) return;
  const float log_sum = logf(sums.exps);
  a.lse[row] = sums.largest + log_sum;
  a.row_loss[row] = 0;
  const int32_t target = a.targets[row];
  if (!in_range(target, a.classes)) {
    if (target != kIgnoredTarget)
      device::raise_fault(fault, device::FaultKind::index_out_of_range, row, target, a.classes);
    return;
  }
  const float right = device::to_float(x[target]) - sums.largest;
  float loss = log_sum - (1 - a.smoothing) * right;
  // The mean of huge logits is infinite, and nothing times that is NaN.
  if (a.smoothing > 0) loss -= a.smoothing * (sums.shifts / static_cast<float>(a.classes));
  a.row_loss[row] = loss;
}

// The rows' losses and how many count, by one block: thread t has rows t, t + kMaxThreads, ...
MEDLEY_DEVICE int64_t count_targets(const int32_t* targets, int64_t rows, int64_t classes,
                                    int64_t* shared) {
  int64_t counted = 0;
  for (int64_t r = threadIdx.x; r < rows; r += kMaxThreads)
    counted += in_range(targets[r], classes);
  return device::block_sum(counted, shared);
}

// registers: 32
template <class T>
__global__ void __launch_bounds__(kMaxThreads)
    cross_entropy_mean_kernel(const CrossEntropyForward<T> a) {
  MEDLEY_SHARED(memory);
  double total = 0;
  for (int64_t r = threadIdx.x; r < a.rows; r += kMaxThreads)
    total += static_cast<double>(a.row_loss[r]) *
             (a.weights != nullptr ? static_cast<double>(a.weights[r]) : 1.0);
  total = device::block_sum(total, reinterpret_cast<double*>(memory));
  const int64_t counted =
      count_targets(a.targets, a.rows, a.classes, reinterpret_cast<int64_t*>(memory));
  if (threadIdx.x != 0) return;
  if (a.weights == nullptr && counted > 0) total /= static_cast<double>(counted);
  *a.loss = static_cast<float>(total);
}

// What a row's gradient is multiplied by, its weight apart.
// registers: 30
template <class T>
__global__ void __launch_bounds__(kMaxThreads)
    cross_entropy_scale_kernel(const CrossEntropyBackward<T> a, float* scale) {
  MEDLEY_SHARED(memory);
  const int64_t counted =
      count_targets(a.targets, a.rows, a.classes, reinterpret_cast<int64_t*>(memory));
  if (threadIdx.x != 0) return;
  if (a.weights != nullptr)
    *scale = *a.dloss;
  else
    *scale = counted == 0 ? 0.0f : *a.dloss / static_cast<float>(counted);
}

// registers: 40
template <class T>
__global__ void __launch_bounds__(kMaxThreads)
    cross_entropy_backward_kernel(const CrossEntropyBackward<T> a, const float* scale) {
  const int64_t row = blockIdx.x;
  const T* const x = a.logits + row * a.classes;
  T* const d = a.dlogits + row * a.classes;
  const int64_t target = a.targets[row];
  const bool counts = in_range(target, a.classes);
  const float row_scale = *scale * (a.weights != nullptr ? a.weights[row] : 1.0f);
  const float lse = a.lse[row], share = a.smoothing / static_cast<float>(a.classes);
  for_each_piece(x, a.classes, [&](int64_t i, auto width) {
    float v[width()] = {};
    if (counts) load_piece(x + i, v);
    MEDLEY_UNROLL
    for (int j = 0; j < width(); ++j) {
      const float p = device::exp2_approx((v[j] - lse) * device::kLog2e);
      const float wanted = share + (i + j == target ? 1 - a.smoothing : 0.0f);
      v[j] = counts ? row_scale * (p - wanted) : 0.0f;
    }
    store_piece(d + i, v);
  });
}

Launch one_block(const char* kernel) {
  return {.kernel = kernel,
          .grid = dim3(1),
          .block = dim3(kMaxThreads),
          .shared = kMaxThreads / 32 * sizeof(double)};
}

template <class T>
void forward(const CrossEntropyForward<T>& args, Stream stream) {
  const Launch how = over_classes("cross_entropy_forward", args.rows, args.classes);
  check_buffers(
      "cross_entropy_forward",
      {input("logits", args.logits, args.rows, args.classes),
       input("targets", args.targets, args.rows),
       optional_input("weights", args.weights, args.rows), output("lse", args.lse, args.rows),
       output("row_loss", args.row_loss, args.rows), output("loss", args.loss, 1)});
  launch(cross_entropy_forward_kernel<T>, how, stream, args,
         medley::cuda::fault_slot("cross_entropy_forward", "targets"));
  launch(cross_entropy_mean_kernel<T>, one_block("cross_entropy_mean"), stream, args);
}

template <class T>
void backward(const CrossEntropyBackward<T>& args, Stream stream) {
  const Launch how = over_classes("cross_entropy_backward", args.rows, args.classes);
  check_buffers(
      "cross_entropy_backward",
      {input("logits", args.logits, args.rows, args.classes),
       input("targets", args.targets, args.rows),
       optional_input("weights", args.weights, args.rows), input("lse", args.lse, args.rows),
       input("dloss", args.dloss, 1), output("dlogits", args.dlogits, args.rows, args.classes)},
      InPlace::yes);
  const Scratch<float> scale(1);
  launch(cross_entropy_scale_kernel<T>, one_block("cross_entropy_scale"), stream, args,
         scale.data());
  launch(cross_entropy_backward_kernel<T>, how, stream, args, scale.data());
}

}  // namespace

void cross_entropy_forward(const CrossEntropyForward<float>& args, Stream stream) {
  forward(args, stream);
}
void cross_entropy_forward(const CrossEntropyForward<bf16>& args, Stream stream) {
  forward(args, stream);
}
void cross_entropy_backward(const CrossEntropyBackward<float>& args, Stream stream) {
  backward(args, stream);
}
void cross_entropy_backward(const CrossEntropyBackward<bf16>& args, Stream stream) {
  backward(args, stream);
}

}  // namespace medley::kernels::cuda
