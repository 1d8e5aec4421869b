// Matrix products of the sizes in tests/ops/cases/linear_cases.h, own kernels and Eigen:
//   linear_bench --benchmark_filter='avx2/nt/2368x288x96/threads:1'
// Names are linear/ISA/LAYOUT/MxNxK/threads:N; the portable instruction set is Eigen. nt is a
// layer's forward pass, nn the gradient of its input, tn that of its weight.
#include <benchmark/benchmark.h>

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

void multiply(benchmark::State& state, Isa isa, const std::string& layout, cases::LinearCase c,
              int threads) {
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
    kernels::cpu::gemm(args);
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(static_cast<double>(c.flops()) * 1e-9,
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Isa isa : {Isa::avx512, Isa::avx2, Isa::portable}) {
    if (!kernels::cpu::cpu_has(isa)) continue;
    for (const char* layout : {"nt", "nn", "tn"})
      for (const cases::LinearCase& c : cases::linear_bench_cases())
        for (const int threads : {1, 2}) {
          const std::string size =
              std::to_string(c.m) + "x" + std::to_string(c.n) + "x" + std::to_string(c.k);
          const std::string name = std::string("linear/") +
                                   std::string(kernels::cpu::name_of(isa)) + "/" + layout + "/" +
                                   size + "/threads:" + std::to_string(threads);
          benchmark::RegisterBenchmark(name.c_str(), multiply, isa, std::string(layout), c, threads)
              ->UseRealTime();
        }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
