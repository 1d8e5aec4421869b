// Sums over a dimension. A warp adds a chunk of rows; where there are several chunks their sums,
// [outer, chunks, inner] in f32, are summed by the same kernel once more.
#include <algorithm>

#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/reduce.h"
#include "kernels/cuda/scratch.h"
#include "kernels/cuda/warp_row.h"
#include "kernels/sum.h"

namespace medley::kernels::cuda {
namespace {

// How [outer, n, inner] is cut: a warp has one chunk of rows and kColumnStride columns of it
// (blockIdx.y), or, where rows have one element, a chunk of neighbours.
struct Chunks {
  int64_t outer, n, inner;
  int64_t rows;   // of a chunk
  int64_t count;  // chunks along n

  MEDLEY_DEVICE int64_t outer_of(int64_t chunk) const { return chunk / count; }
  MEDLEY_DEVICE int64_t begin_of(int64_t chunk) const { return chunk % count * rows; }
  MEDLEY_DEVICE int64_t end_of(int64_t chunk) const { return min(begin_of(chunk) + rows, n); }
};

// y [outer, chunks, inner] = factor * sums of the chunks.
// registers: 50
template <class T, class Y>
__global__ void __launch_bounds__(kRowThreads)
    sum_forward_kernel(const Chunks c, const T* x, float factor, Y* y) {
  const int64_t chunk = warp_index();
  if (chunk >= c.outer * c.count) return;
  const int64_t begin = c.begin_of(chunk), end = c.end_of(chunk);
  x += c.outer_of(chunk) * c.n * c.inner;
  if (c.inner == 1) {
    float sum = 0;
    for (int64_t i = begin + first_column(); i < end; i += kColumnStride) {
      const Eight v = load_eight(x + i, end - i);  // zeros behind the end
      MEDLEY_UNROLL
      for (int j = 0; j < 8; ++j) sum += v.at[j];
    }
    sum = device::warp_sum(sum);
    if (threadIdx.x % 32 == 0) y[chunk] = device::from_float<Y>(factor * sum);
    return;
  }
  const int64_t column = blockIdx.y * kColumnStride + first_column(), left = c.inner - column;
  if (left <= 0) return;
  Eight sum{};
  for (int64_t i = begin; i < end; ++i) add_eight(sum, x + i * c.inner + column, left);
  MEDLEY_UNROLL
  for (float& v : sum.at) v *= factor;
  store_eight(y + chunk * c.inner + column, left, sum);
}

// registers: 32
template <class T>
__global__ void __launch_bounds__(kRowThreads)
    sum_backward_kernel(const Chunks c, const SumBackward<T> a) {
  const int64_t chunk = warp_index();
  if (chunk >= c.outer * c.count) return;
  const int64_t begin = c.begin_of(chunk), end = c.end_of(chunk), outer = c.outer_of(chunk);
  T* const dx = a.dx + outer * c.n * c.inner;
  const auto write = [&](int64_t at, int64_t left, Eight d) {
    if (a.accumulate) add_eight(d, dx + at, left);
    store_eight(dx + at, left, d);
  };
  Eight d;
  if (c.inner == 1) {
    MEDLEY_UNROLL
    for (float& v : d.at) v = a.factor * device::to_float(a.dy[outer]);
    for (int64_t i = begin + first_column(); i < end; i += kColumnStride) write(i, end - i, d);
    return;
  }
  const int64_t column = blockIdx.y * kColumnStride + first_column(), left = c.inner - column;
  if (left <= 0) return;
  d = load_eight(a.dy + outer * c.inner + column, left);
  MEDLEY_UNROLL
  for (float& v : d.at) v *= a.factor;
  for (int64_t i = begin; i < end; ++i) write(i * c.inner + column, left, d);
}

template <class Args>
Chunks chunks_of(const char* op, const Args& args) {
  check_sizes(op, {{"outer", args.outer}, {"n", args.n}, {"inner", args.inner}});
  const int64_t rows = args.inner == 1 ? 8 * kColumnStride : 32;
  return {.outer = args.outer,
          .n = args.n,
          .inner = args.inner,
          .rows = rows,
          .count = std::max<int64_t>(1, (args.n + rows - 1) / rows)};
}

Launch over_chunks(const char* op, const Chunks& c) {
  Launch how = over_rows(op, c.outer * c.count);
  how.grid.y = static_cast<unsigned>((c.inner + kColumnStride - 1) / kColumnStride);
  return how;
}

template <class T>
void forward(const SumForward<T>& args, Stream stream) {
  Chunks c = chunks_of("sum_forward", args);
  check_buffers("sum_forward", {input("x", args.x, args.outer * args.n, args.inner),
                                output("y", args.y, args.outer, args.inner)});
  if (c.count == 1)
    return launch(sum_forward_kernel<T, T>, over_chunks("sum_forward", c), stream, c, args.x,
                  args.factor, args.y);
  const Scratch<float> sums(c.outer * c.count * c.inner);
  launch(sum_forward_kernel<T, float>, over_chunks("sum_forward", c), stream, c, args.x, 1.0f,
         sums.data());
  c = {.outer = c.outer, .n = c.count, .inner = c.inner, .rows = c.count, .count = 1};
  launch(sum_forward_kernel<float, T>, over_chunks("sum_forward", c), stream, c, sums.data(),
         args.factor, args.y);
}
template <class T>
void backward(const SumBackward<T>& args, Stream stream) {
  const Chunks c = chunks_of("sum_backward", args);
  check_buffers("sum_backward", {input("dy", args.dy, args.outer, args.inner),
                                 output("dx", args.dx, args.outer * args.n, args.inner)});
  launch(sum_backward_kernel<T>, over_chunks("sum_backward", c), stream, c, args);
}

}  // namespace

void sum_forward(const SumForward<float>& args, Stream stream) { forward(args, stream); }
void sum_forward(const SumForward<bf16>& args, Stream stream) { forward(args, stream); }
void sum_backward(const SumBackward<float>& args, Stream stream) { backward(args, stream); }
void sum_backward(const SumBackward<bf16>& args, Stream stream) { backward(args, stream); }

}  // namespace medley::kernels::cuda
