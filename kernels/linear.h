// Matrix product with fused epilogue, the work horse of every linear layer, and the column sum of
// its bias gradient. All matrices are given by row and column strides, so that NN, NT (forward: W
// is [out, in]) and TN (weight gradient) are one contract. cpu::gemm(float) is the packed
// AVX2/AVX-512 kernel or Eigen; double is the reference. cuda::gemm is cublasLt, see
// kernels/cuda/linear.cu; sums are f32.
#pragma once

#include <cstdint>

#include "core/device.h"
#include "kernels/wide.h"

namespace medley::kernels {

// C[m, n] (+)= epilogue(A[m, k] B[k, n]); in this order, each part optional:
//   t = A B + bias
//   pre_activation = t
//   t = gelu(t)   or   t = t * gelu'(gelu_input)
//   t += residual
//   C = accumulate ? C + t : t
// Out is what C and the matrices that go with it are kept in: a bf16 layer has the gradients of its
// weights in float.
template <class T, class Out = T>
struct Gemm {
  int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;          // element (i, p) at a[i * a_row + p * a_col]
  int64_t a_row = 0, a_col = 1;  // on CUDA one of the two is 1, and so for B
  const T* b = nullptr;          // element (p, j) at b[p * b_row + j * b_col]
  int64_t b_row = 0, b_col = 1;
  Out* c = nullptr;  // [m, n], row stride ldc; must not overlap A or B
  int64_t ldc = 0;
  bool accumulate = false;
  const Wide<T>* bias = nullptr;    // [n]
  bool gelu = false;                // exact: t/2 (1 + erf(t / sqrt 2))
  Out* pre_activation = nullptr;    // [m, n], row stride ldc: t before gelu, for the backward pass
  const Out* gelu_input = nullptr;  // [m, n], row stride ldc: t is multiplied by gelu'(gelu_input)
  const Out* residual = nullptr;    // [m, n], row stride ldc; may be c itself
};

// out[n] += sum over rows of x[rows, n] (row stride ldx). Rows are summed in fixed chunks, and
// these in order.
template <class T>
struct ColumnSum {
  int64_t rows = 0, n = 0;
  const T* x = nullptr;
  int64_t ldx = 0;
  Wide<T>* out = nullptr;
};

namespace cpu {
void gemm(const Gemm<float>& args);
void gemm(const Gemm<double>& args);
void column_sum(const ColumnSum<float>& args);
void column_sum(const ColumnSum<double>& args);
}  // namespace cpu

namespace cuda {
void gemm(const Gemm<float>& args, Stream stream);
void gemm(const Gemm<bf16>& args, Stream stream);
void gemm(const Gemm<bf16, float>& args, Stream stream);
void column_sum(const ColumnSum<float>& args, Stream stream);
void column_sum(const ColumnSum<bf16>& args, Stream stream);
}  // namespace cuda

}  // namespace medley::kernels
