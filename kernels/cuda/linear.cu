// Matrix product through cublasLt (matmul.h) and what it cannot do: the exact GELU, its derivative,
// two addends at once. Where a bias and one addend are all, as in most layers and in every weight
// gradient, the library's own epilogue does it and the result is written once; where it has no such
// kernel, for a layout or on a GPU, ours follows the bare product. Column sums are a kernel of our
// own: cublasLt's fused bias gradient promises no order of its sums.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cuda/buffers.h"
#include "kernels/cuda/device/bf16.h"
#include "kernels/cuda/device/cuda.h"
#include "kernels/cuda/device/vector.h"
#include "kernels/cuda/gelu.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/matmul.h"
#include "kernels/cuda/scratch.h"
#include "kernels/linear.h"

namespace medley::kernels::cuda {
namespace {

using device::from_float;
using device::to_float;

// --- The epilogue -----------------------------------------------------------------------------

constexpr int kFinishThreads = 128;

// kVector neighbours, loaded and stored at once.
template <class T, int kVector>
struct alignas(sizeof(T) * kVector) Pack {
  T at[kVector];
};

// C from the product: the whole epilogue of kernels/linear.h. product [m, n] has row stride ldc;
// null stands for zeros. A block has a piece of one row.
// registers: 48
template <class T, class Out, int kVector>
__global__ void __launch_bounds__(kFinishThreads)
    finish_kernel(const Gemm<T, Out> g, const Out* product) {
  using Pack = Pack<Out, kVector>;
  const int64_t column =
      (static_cast<int64_t>(blockIdx.y) * kFinishThreads + threadIdx.x) * kVector;
  if (column >= g.n) return;
  const int64_t at = static_cast<int64_t>(blockIdx.x) * g.ldc + column;
  const auto load = [at](const Out* x) { return device::load<Pack>(x + at); };
  const Pack none{};
  const Pack sums = product != nullptr ? load(product) : none;
  const Pack input = g.gelu_input != nullptr ? load(g.gelu_input) : none;
  const Pack residual = g.residual != nullptr ? load(g.residual) : none;
  const Pack before = g.accumulate ? load(g.c) : none;
  Pack pre, result;
#pragma unroll
  for (int i = 0; i < kVector; ++i) {
    float t = to_float(sums.at[i]);
    if (g.bias != nullptr) t += g.bias[column + i];
    pre.at[i] = from_float<Out>(t);
    if (g.gelu) t = gelu(t);
    if (g.gelu_input != nullptr) t *= gelu_gradient(to_float(input.at[i]));
    t += to_float(residual.at[i]) + to_float(before.at[i]);
    result.at[i] = from_float<Out>(t);
  }
  if (g.pre_activation != nullptr) device::store(g.pre_activation + at, pre);
  device::store(g.c + at, result);
}

template <class T, class Out, int kVector>
void launch_finish(const Gemm<T, Out>& g, const Out* product, Stream stream) {
  constexpr int64_t kColumns = int64_t{kFinishThreads} * kVector;
  launch(finish_kernel<T, Out, kVector>,
         {.kernel = "gemm_finish",
          .grid = dim3(static_cast<unsigned>(g.m),
                       static_cast<unsigned>((g.n + kColumns - 1) / kColumns)),
          .block = dim3(kFinishThreads)},
         stream, g, product);
}

template <class T, class Out>
void finish(const Gemm<T, Out>& g, const Out* product, Stream stream) {
  constexpr int kVector = 16 / sizeof(Out);
  const auto aligned = [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; };
  const bool wide = g.n % kVector == 0 && g.ldc % kVector == 0 && aligned(g.c) &&
                    aligned(product) && aligned(g.pre_activation) && aligned(g.gelu_input) &&
                    aligned(g.residual);
  wide ? launch_finish<T, Out, kVector>(g, product, stream)
       : launch_finish<T, Out, 1>(g, product, stream);
}

// cublasLt takes a bias of the output's type only.
constexpr int kBiasThreads = 256;
// registers: 16
__global__ void __launch_bounds__(kBiasThreads)
    round_bias_kernel(const float* bias, int64_t n, bf16* rounded) {
  const int64_t j = static_cast<int64_t>(blockIdx.x) * kBiasThreads + threadIdx.x;
  if (j < n) rounded[j] = from_float<bf16>(bias[j]);
}

// --- The product ------------------------------------------------------------------------------

// Strides as cublasLt takes them: contiguous one way or the other. Along a side of one element the
// stride does not matter.
MatmulOperand operand(const char* name, const void* data, int64_t rows, int64_t columns,
                      int64_t row, int64_t column) {
  if ((columns == 1 || column == 1) && (rows == 1 || row >= columns))
    return {data, rows == 1 ? columns : row, false};
  if ((rows == 1 || row == 1) && (columns == 1 || column >= rows))
    return {data, columns == 1 ? rows : column, true};
  throw ShapeError(str("[gemm] ", name, " [", rows, ", ", columns, "] has strides ", row, " and ",
                       column, ": CUDA takes matrices whose rows or columns are contiguous"),
                   "copy it first");
}

template <class T, class Out>
void check(const Gemm<T, Out>& g, const MatmulOperand& a, const MatmulOperand& b) {
  const auto operand = [](const char* name, const T* data, const MatmulOperand& x, int64_t rows,
                          int64_t columns) {
    return x.transposed ? input(name, data, columns, rows, x.ld)
                        : input(name, data, rows, columns, x.ld);
  };
  const Out* const residual = g.residual == g.c ? nullptr : g.residual;  // may be C
  check_buffers("gemm", {operand("A", g.a, a, g.m, g.k), operand("B", g.b, b, g.k, g.n),
                         output("C", g.c, g.m, g.n, g.ldc), optional_input("bias", g.bias, g.n),
                         optional_output("pre_activation", g.pre_activation, g.m, g.n, g.ldc),
                         optional_input("gelu_input", g.gelu_input, g.m, g.n, g.ldc),
                         optional_input("residual", residual, g.m, g.n, g.ldc)});
}

template <class T, class Out>
void check_sizes(const Gemm<T, Out>& g) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (g.m < 0 || g.n < 0 || g.k < 0 || g.m > kMost || g.n > kMost || g.k > kMost)
    throw ShapeError(str("[gemm] sizes are ", g.m, " x ", g.n, " x ", g.k));
  if (g.ldc < g.n && g.m > 1)
    throw ShapeError(str("[gemm] C has ", g.n, " columns but row stride ", g.ldc));
}

template <class T, class Out>
void run_gemm(Gemm<T, Out> g, Stream stream) {
  check_sizes(g);
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) {
    check(g, {}, {});
    return finish<T, Out>(g, nullptr, stream);
  }
  const bool by_library = !g.gelu && g.gelu_input == nullptr && g.pre_activation == nullptr &&
                          (g.residual == nullptr || !g.accumulate);
  Matmul product{.m = g.m,
                 .n = g.n,
                 .k = g.k,
                 .in = kDTypeOf<T>,
                 .out = kDTypeOf<Out>,
                 .a = operand("A", g.a, g.m, g.k, g.a_row, g.a_col),
                 .b = operand("B", g.b, g.k, g.n, g.b_row, g.b_col),
                 .bias = g.bias,
                 .ldd = std::max(g.ldc, g.n)};
  check(g, product.a, product.b);

  const Scratch<bf16> bias(std::is_same_v<Out, bf16> && g.bias != nullptr ? g.n : 0);
  if constexpr (std::is_same_v<Out, bf16>) {
    if (g.bias != nullptr) {
      const auto blocks = static_cast<unsigned>((g.n + kBiasThreads - 1) / kBiasThreads);
      launch(round_bias_kernel,
             {.kernel = "round_bias", .grid = dim3(blocks), .block = dim3(kBiasThreads)}, stream,
             g.bias, g.n, bias.data());
      product.bias = bias.data();
    }
  }
  if (by_library) {
    product.c = g.accumulate ? g.c : g.residual;
    product.d = g.c;
    if (matmul(product, stream)) return;
    product.c = nullptr;
  }
  // The sums go where their place is free: to the kept pre-activation, or to C when nothing in it
  // is still needed.
  const bool c_is_needed = g.accumulate || g.residual == g.c;
  const Scratch<Out> sums(g.pre_activation == nullptr && c_is_needed ? g.m * product.ldd : 0);
  Out* const t = g.pre_activation != nullptr ? g.pre_activation : c_is_needed ? sums.data() : g.c;
  product.d = t;
  if (matmul(product, stream)) {
    g.bias = nullptr, g.pre_activation = nullptr;  // done
  } else {
    product.bias = nullptr;
    matmul(product, stream);
  }
  finish<T, Out>(g, t, stream);
}

// --- Column sums ------------------------------------------------------------------------------

constexpr int kSumColumns = 32, kSumLines = 8;  // a warp has 32 neighbouring columns of one row
constexpr int kSumThreads = kSumColumns * kSumLines;
constexpr int64_t kSumRows = 512;  // of a block: fixed, so that the order of the sum is

// sums[chunk, n] = the sum of 512 rows of x; with one chunk, added to out at once.
// registers: 32
template <class T>
__global__ void __launch_bounds__(kSumThreads)
    column_sum_kernel(const ColumnSum<T> args, float* sums) {
  MEDLEY_SHARED(memory);
  float* const lines = reinterpret_cast<float*>(memory);  // [kSumLines][kSumColumns]
  const int lane = static_cast<int>(threadIdx.x) % kSumColumns;
  const int line = static_cast<int>(threadIdx.x) / kSumColumns;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kSumColumns + lane;
  const int64_t first = static_cast<int64_t>(blockIdx.y) * kSumRows;
  const int64_t end = min(first + kSumRows, args.rows);
  float sum = 0;
  if (column < args.n) {
#pragma unroll 8
    for (int64_t i = first + line; i < end; i += kSumLines)
      sum += to_float(args.x[i * args.ldx + column]);
  }
  lines[line * kSumColumns + lane] = sum;
  __syncthreads();
  if (line != 0 || column >= args.n) return;
#pragma unroll
  for (int i = 1; i < kSumLines; ++i) sum += lines[i * kSumColumns + lane];
  if (gridDim.y == 1)
    args.out[column] += sum;
  else
    sums[static_cast<int64_t>(blockIdx.y) * args.n + column] = sum;
}

template <class T>
void run_column_sum(const ColumnSum<T>& args, Stream stream) {
  if (args.rows < 0 || args.n < 0 || (args.ldx < args.n && args.rows > 1))
    throw ShapeError(
        str("[column_sum] x is [", args.rows, ", ", args.n, "] with row stride ", args.ldx));
  if (args.rows == 0 || args.n == 0) return;
  check_buffers("column_sum",
                {input("x", args.x, args.rows, args.n, args.ldx), output("out", args.out, args.n)});
  const int64_t chunks = (args.rows + kSumRows - 1) / kSumRows;
  const Scratch<float> sums(chunks == 1 ? 0 : chunks * args.n);
  launch(column_sum_kernel<T>,
         {.kernel = "column_sum",
          .grid = dim3(static_cast<unsigned>((args.n + kSumColumns - 1) / kSumColumns),
                       static_cast<unsigned>(chunks)),
          .block = dim3(kSumThreads),
          .shared = kSumThreads * sizeof(float)},
         stream, args, sums.data());
  if (chunks > 1)
    run_column_sum(
        ColumnSum<float>{
            .rows = chunks, .n = args.n, .x = sums.data(), .ldx = args.n, .out = args.out},
        stream);
}

}  // namespace

void gemm(const Gemm<float>& args, Stream stream) { run_gemm(args, stream); }
void gemm(const Gemm<bf16>& args, Stream stream) { run_gemm(args, stream); }
void gemm(const Gemm<bf16, float>& args, Stream stream) { run_gemm(args, stream); }
void column_sum(const ColumnSum<float>& args, Stream stream) { run_column_sum(args, stream); }
void column_sum(const ColumnSum<bf16>& args, Stream stream) { run_column_sum(args, stream); }

}  // namespace medley::kernels::cuda
