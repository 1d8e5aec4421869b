// Attention forward and backward on the workloads of tests/ops/cases/attention_cases.h:
//   attention_bench --benchmark_filter=attention/bidirectional
// GFLOP/s counts visible scores only (backward 2.5 times forward), as papers on attention do.
// MEDLEY_ISA chooses the instruction set; one thread, and two where the name says so.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/philox.h"
#include "core/tensor.h"
#include "core/threads.h"
#include "kernels/attention.h"
#include "tests/ops/cases/attention_cases.h"

namespace {

using namespace medley;

struct Problem {
  std::vector<int32_t> cu_q{0}, cu_k{0};
  // q, k, v are column blocks of packed rows [3 C], as the models have them; so are their
  // gradients.
  Tensor qkv, kv, o, d_o, lse, d_qkv, d_kv;
  kernels::AttentionForward<float> forward;
  kernels::AttentionBackward<float> backward;

  explicit Problem(const cases::AttentionCase& c) {
    for (int32_t n : c.q_lengths) cu_q.push_back(cu_q.back() + n);
    for (int32_t n : c.k_lengths) cu_k.push_back(cu_k.back() + n);
    const int64_t C = c.heads * c.head_dim, Tq = cu_q.back(), Tk = cu_k.back();
    qkv = normal(Tq, 3 * C), kv = normal(Tk, 3 * C), d_o = normal(Tq, C), o = normal(Tq, C);
    lse = normal(c.heads, Tq), d_qkv = normal(Tq, 3 * C), d_kv = normal(Tk, 3 * C);
    const kernels::AttentionShape<float> shape{
        .blocks = static_cast<int64_t>(c.q_lengths.size()),
        .kv_blocks = static_cast<int64_t>(c.k_lengths.size()),
        .cu_q = cu_q.data(),
        .cu_k = cu_k.data(),
        .kv_index = c.kv_index.empty() ? nullptr : c.kv_index.data(),
        .heads = c.heads,
        .head_dim = c.head_dim,
        .scale = 1 / std::sqrt(static_cast<float>(c.head_dim)),
        .causal = c.causal,
        .dropout = {.p = c.dropout, .seed = 1}};
    const float* q = qkv.data<float>();
    const float* k = kv.data<float>() + C;
    forward = {.shape = shape,
               .q = q,
               .k = k,
               .v = k + C,
               .q_stride = 3 * C,
               .k_stride = 3 * C,
               .v_stride = 3 * C,
               .o = o.data<float>(),
               .o_stride = C,
               .lse = lse.data<float>()};
    float* dk = d_kv.data<float>() + C;
    backward = {.shape = shape,
                .q = q,
                .k = k,
                .v = k + C,
                .q_stride = 3 * C,
                .k_stride = 3 * C,
                .v_stride = 3 * C,
                .o = o.data<float>(),
                .d_o = d_o.data<float>(),
                .o_stride = C,
                .lse = lse.data<float>(),
                .dq = d_qkv.data<float>(),
                .dk = dk,
                .dv = dk + C,
                .dq_stride = 3 * C,
                .dk_stride = 3 * C,
                .dv_stride = 3 * C};
  }

 private:
  static Tensor normal(int64_t rows, int64_t columns) {
    Random random(1, Purpose::test);
    std::vector<float> values(static_cast<size_t>(rows * columns));
    for (float& x : values) x = static_cast<float>(random.normal());
    return Tensor::from(values, {rows, columns});
  }
};

void count(benchmark::State& state, double flops) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void forward(benchmark::State& state, const cases::AttentionCase& c, int threads) {
  set_thread_count(threads);
  const Problem problem(c);
  for (auto _ : state) kernels::cpu::attention_forward(problem.forward);
  count(state, cases::attention_flops(c));
}

void backward(benchmark::State& state, const cases::AttentionCase& c, int threads) {
  set_thread_count(threads);
  const Problem problem(c);
  kernels::cpu::attention_forward(problem.forward);
  for (auto _ : state) kernels::cpu::attention_backward(problem.backward);
  count(state, 2.5 * cases::attention_flops(c));
}

}  // namespace

int main(int argc, char** argv) {
  for (const cases::AttentionCase& c : cases::attention_workloads())
    for (int threads : {1, 2}) {
      const std::string suffix = c.name + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(("attention/" + suffix + "/forward").c_str(), forward, c,
                                   threads)
          ->Unit(benchmark::kMicrosecond)
          ->UseRealTime();
      benchmark::RegisterBenchmark(("attention/" + suffix + "/backward").c_str(), backward, c,
                                   threads)
          ->Unit(benchmark::kMicrosecond)
          ->UseRealTime();
    }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
