// f32: the packed product of linear.inc with AVX2 or AVX-512, that of linear_amx.inc on AMX tiles,
// Eigen on any other CPU. f64: the reference.
#include "kernels/linear.h"

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/scratch.h"
#include "kernels/reference/linear.h"
#if MEDLEY_AMX
#include <immintrin.h>
#endif

namespace medley::kernels::cpu {
namespace {

// Longest sum in registers, see Chunks. Longer ones save passes over C: 384 to 768 were best, with
// little between them, where a panel of AVX-512 just fits the first-level cache.
constexpr int64_t kChunk = 384;
// One copy of B, 2 MiB: it stays in a second-level cache while all rows of A pass, and a transposed
// A is not copied too often.
constexpr int64_t kPackedFloats = 1 << 19;
constexpr int64_t kPackedWords = 1 << 21;  // the same on AMX, three parts of each number
// Work for which another thread is woken: some microseconds.
constexpr int64_t kPackGrain = 1 << 15;   // floats copied or added
constexpr int64_t kGrainFlops = 1 << 18;  // multiplications and additions

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/linear.inc"
#include "kernels/cpu/for_each_isa.h"

#if MEDLEY_AMX
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512")
#pragma GCC target("amx-tile,amx-bf16")
namespace medley::kernels::cpu::amx {
using avx512::load;
using avx512::transpose;
using avx512::Vec;
#include "kernels/cpu/tiles_amx.inc"
// On the tiles above.
#include "kernels/cpu/linear_amx.inc"
}  // namespace medley::kernels::cpu::amx
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512")
namespace medley::kernels::cpu::amx_model {
using avx512::load;
using avx512::transpose;
using avx512::Vec;
#include "kernels/cpu/tiles_model.inc"
// On the tiles above.
#include "kernels/cpu/linear_amx.inc"
}  // namespace medley::kernels::cpu::amx_model
#pragma GCC pop_options
#else
namespace medley::kernels::cpu {
namespace amx = avx512;
namespace amx_model = avx512;
}  // namespace medley::kernels::cpu
#endif

namespace medley::kernels::cpu {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using AnyStride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
using Outer = Eigen::OuterStride<>;

// Calls f with the matrix as Eigen's products take it without a copy (contiguous in one direction),
// or with a copy.
template <class F>
void as_operand(const float* x, int64_t rows, int64_t columns, int64_t row, int64_t column,
                const F& f) {
  using Transposed = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
  if (column == 1)
    f(Eigen::Map<const Matrix, 0, Outer>(x, rows, columns, Outer(row)));
  else if (row == 1)
    f(Eigen::Map<const Transposed, 0, Outer>(x, rows, columns, Outer(column)));
  else
    f(Matrix(Eigen::Map<const Matrix, 0, AnyStride>(x, rows, columns, AnyStride(row, column))));
}

}  // namespace

// Eigen's product on blocks of rows, with our threads: Eigen's own wait in a spin and lose their
// speed when a core is shared. The epilogue runs on the block while it is in the cache. On a CPU
// that is no x86 the other sets are names of this one.
namespace portable {
void gemm(const Gemm<float>& g) {
  constexpr int64_t kBlock = 96;  // fixed, since Eigen orders its sums by the size of the product
  as_operand(g.b, g.k, g.n, g.b_row, g.b_col, [&](const auto& b) {
    const int64_t blocks = (g.m + kBlock - 1) / kBlock;
    const int64_t grain = 1 + kGrainFlops / (1 + 2 * kBlock * g.n * g.k);
    parallel_for(blocks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        const int64_t first = block * kBlock, rows = std::min(kBlock, g.m - first);
        Eigen::Map<Matrix> product(scratch(Scratch::partials, rows * g.n), rows, g.n);
        as_operand(g.a + first * g.a_row, rows, g.k, g.a_row, g.a_col,
                   [&](const auto& a) { product.noalias() = a * b; });
        for (int64_t i = 0; i < rows; ++i)
          finish_row(g, product.data() + i * g.n, (first + i) * g.ldc, 0, g.n);
      }
    });
  });
}
}  // namespace portable

void gemm(const Gemm<float>& args) {
  if (args.m == 0 || args.n == 0) return;
  switch (isa()) {
    case Isa::amx:
      return amx::gemm(args);
    case Isa::amx_model:
      return amx_model::gemm(args);
    case Isa::avx512:
      return avx512::gemm(args);
    case Isa::avx2:
      return avx2::gemm(args);
    case Isa::portable:
      return portable::gemm(args);
  }
}

void gemm(const Gemm<double>& args) { reference::gemm(args); }

void column_sum(const ColumnSum<float>& args) { MEDLEY_ISA_CALL(column_sum, args); }

void column_sum(const ColumnSum<double>& args) { reference::column_sum(args); }

}  // namespace medley::kernels::cpu
