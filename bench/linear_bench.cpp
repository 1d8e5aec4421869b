// Matrix products of the sizes in tests/ops/cases/linear_cases.h:
//   linear_bench --benchmark_filter='avx2/nt/2368x288x96/threads:1'
// Names are linear/WHAT/LAYOUT/MxNxK/threads:N. WHAT is an instruction set of the own product
// (portable: Eigen for any CPU) or eigen, compiled for the machine at hand. nt is a layer's forward
// pass, nn the gradient of its input, tn that of its weight.
#include <benchmark/benchmark.h>

// Under another name, because the kernels have an Eigen for any CPU and the linker would mix them.
#define Eigen EigenForThisMachine
#include <Eigen/Core>
#undef Eigen

#include <string>
#include <vector>

#include "core/philox.h"
#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/linear.h"
#include "tests/ops/cases/linear_cases.h"

namespace {

using namespace medley;
using kernels::cpu::Isa;

std::vector<float> numbers(int64_t count, uint32_t sample) {
  Random random(1, Purpose::test, 0, sample);
  std::vector<float> x(static_cast<size_t>(count));
  for (float& v : x) v = static_cast<float>(random.uniform(-1, 1));
  return x;
}

using Product = void (*)(const kernels::Gemm<float>&);
using RowMajor = EigenForThisMachine::Matrix<float, -1, -1, EigenForThisMachine::RowMajor>;
using ColumnMajor = EigenForThisMachine::Matrix<float, -1, -1>;

template <class F>
void as_operand(const float* x, int64_t rows, int64_t columns, int64_t row, int64_t column,
                const F& f) {
  using EigenForThisMachine::Map;
  using EigenForThisMachine::OuterStride;
  if (column == 1)
    f(Map<const RowMajor, 0, OuterStride<>>(x, rows, columns, OuterStride<>(row)));
  else
    f(Map<const ColumnMajor, 0, OuterStride<>>(x, rows, columns, OuterStride<>(column)));
}

// One product for each thread, over its share of the rows.
void eigen(const kernels::Gemm<float>& g) {
  const int64_t parts = thread_count();
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    const int64_t first = g.m * begin / parts, rows = g.m * end / parts - first;
    EigenForThisMachine::Map<RowMajor> c(g.c + first * g.ldc, rows, g.n);
    as_operand(g.a + first * g.a_row, rows, g.k, g.a_row, g.a_col, [&](const auto& a) {
      as_operand(g.b, g.k, g.n, g.b_row, g.b_col, [&](const auto& b) { c.noalias() = a * b; });
    });
  });
}

void multiply(benchmark::State& state, Product product, Isa isa, const std::string& layout,
              cases::LinearCase c, int threads) {
  kernels::cpu::set_isa(isa);
  set_thread_count(threads);
  const auto a = numbers(c.m * c.k, 1), b = numbers(c.k * c.n, 2);
  std::vector<float> out(static_cast<size_t>(c.m * c.n));
  kernels::Gemm<float> args{
      .m = c.m, .n = c.n, .k = c.k, .a = a.data(), .b = b.data(), .c = out.data(), .ldc = c.n};
  args.a_row = layout == "tn" ? 1 : c.k;
  args.a_col = layout == "tn" ? c.m : 1;
  args.b_row = layout == "nt" ? 1 : c.n;
  args.b_col = layout == "nt" ? c.k : 1;
  for (auto _ : state) {
    product(args);
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(static_cast<double>(c.flops()) * 1e-9,
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void enter(const std::string& what, Product product, Isa isa) {
  for (const char* layout : {"nt", "nn", "tn"})
    for (const cases::LinearCase& c : cases::linear_bench_cases())
      for (const int threads : {1, 2}) {
        const std::string size =
            std::to_string(c.m) + "x" + std::to_string(c.n) + "x" + std::to_string(c.k);
        const std::string name =
            "linear/" + what + "/" + layout + "/" + size + "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(name.c_str(), multiply, product, isa, std::string(layout), c,
                                     threads)
            ->UseRealTime();
      }
}

}  // namespace

int main(int argc, char** argv) {
  for (const Isa isa : kernels::cpu::kAllIsas)
    if (kernels::cpu::cpu_has(isa))
      enter(std::string(kernels::cpu::name_of(isa)), kernels::cpu::gemm, isa);
  enter("eigen", eigen, kernels::cpu::isa());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
