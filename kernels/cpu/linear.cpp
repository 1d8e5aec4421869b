// f32: the packed product of linear.inc with AVX2 or AVX-512, Eigen on any other CPU. f64: the
// reference.
#include "kernels/linear.h"

#include <Eigen/Core>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/scratch.h"
#include "kernels/reference/linear.h"

namespace medley::kernels::cpu {
namespace {

// Rows of k that one pass over a tile takes: a panel of that many fits the second-level cache with
// room to spare.
constexpr int64_t kChunk = 1024;

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/linear.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Strided = Eigen::Map<const Matrix, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

// Eigen's product on blocks of rows, with our threads. The epilogue runs on the block while it is
// in the cache.
void eigen_gemm(const Gemm<float>& g) {
  constexpr int64_t kBlock = 64;
  parallel_for((g.m + kBlock - 1) / kBlock, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kBlock, rows = std::min(kBlock, g.m - first);
      const Strided a(g.a + first * g.a_row, rows, g.k, {g.a_row, g.a_col});
      const Strided b(g.b, g.k, g.n, {g.b_row, g.b_col});
      const Matrix product = a * b;
      for (int64_t i = 0; i < rows; ++i) {
        const float* tile = product.data() + i * g.n;
        portable::finish_row(g, tile, (first + i) * g.ldc, 0, g.n);
      }
    }
  });
}

}  // namespace

void gemm(const Gemm<float>& args) {
  if (args.m == 0 || args.n == 0) return;
  switch (isa()) {
    case Isa::avx512:
      return avx512::gemm(args);
    case Isa::avx2:
      return avx2::gemm(args);
    case Isa::portable:
      return eigen_gemm(args);
  }
}

void gemm(const Gemm<double>& args) { reference::gemm(args); }

void column_sum(const ColumnSum<float>& args) { MEDLEY_ISA_CALL(column_sum, args); }

void column_sum(const ColumnSum<double>& args) { reference::column_sum(args); }

}  // namespace medley::kernels::cpu
