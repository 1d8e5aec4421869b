// The CPU's product in place of cublasLt. bf16 operands are widened first and the result is rounded
// once, as on a GPU. It is queued like a kernel, so that a captured graph replays it.
#include "kernels/cuda/matmul.h"

#include <vector>

#include "core/cuda/emulated.h"
#include "kernels/cuda/emulator/launch.h"
#include "kernels/linear.h"

namespace medley::kernels::cuda {
namespace {

// A copy of a matrix in f32, one row after the other without gaps.
std::vector<float> widened(const void* data, DType dtype, int64_t rows, int64_t columns,
                           int64_t ld) {
  std::vector<float> wide;
  wide.reserve(static_cast<size_t>(rows * columns));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      wide.push_back(dtype == DType::bf16
                         ? static_cast<float>(static_cast<const bf16*>(data)[i * ld + j])
                         : static_cast<const float*>(data)[i * ld + j]);
  return wide;
}

std::vector<float> widened(const MatmulOperand& x, DType dtype, int64_t rows, int64_t columns) {
  return x.transposed ? widened(x.data, dtype, columns, rows, x.ld)
                      : widened(x.data, dtype, rows, columns, x.ld);
}

template <class Out>
void store(const std::vector<float>& product, const Matmul& args) {
  Out* const d = static_cast<Out*>(args.d);
  for (int64_t i = 0; i < args.m; ++i)
    for (int64_t j = 0; j < args.n; ++j)
      d[i * args.ldd + j] = static_cast<Out>(product[static_cast<size_t>(i * args.n + j)]);
}

void run(const Matmul& args) {
  const auto a = widened(args.a, args.in, args.m, args.k);
  const auto b = widened(args.b, args.in, args.k, args.n);
  std::vector<float> bias, c, product(static_cast<size_t>(args.m * args.n));
  if (args.bias != nullptr) bias = widened(args.bias, args.out, 1, args.n, args.n);
  if (args.c != nullptr) c = widened(args.c, args.out, args.m, args.n, args.ldd);
  cpu::gemm(Gemm<float>{.m = args.m,
                        .n = args.n,
                        .k = args.k,
                        .a = a.data(),
                        .a_row = args.a.transposed ? 1 : args.k,
                        .a_col = args.a.transposed ? args.m : 1,
                        .b = b.data(),
                        .b_row = args.b.transposed ? 1 : args.n,
                        .b_col = args.b.transposed ? args.k : 1,
                        .c = product.data(),
                        .ldc = args.n,
                        .bias = args.bias == nullptr ? nullptr : bias.data(),
                        .residual = args.c == nullptr ? nullptr : c.data()});
  args.out == DType::bf16 ? store<bf16>(product, args) : store<float>(product, args);
}

// Nothing is to be chosen here; the keys are kept for the statistics.
struct Plan {};
PlanCache<MatmulKey, Plan>& cache() {
  static PlanCache<MatmulKey, Plan> cache;
  return cache;
}

}  // namespace

bool matmul(const Matmul& args, Stream stream) {
  cache().get(MatmulKey(args), [] { return Plan(); });
  if ((args.bias != nullptr || args.c != nullptr) && !emulator::options().matmul_epilogue)
    return false;
  medley::cuda::enqueue(stream, [args] { run(args); });
  return true;
}

PlanStats matmul_plan_stats() { return cache().stats(); }

}  // namespace medley::kernels::cuda
