// Attention forward and backward: the workloads of tests/ops/cases/attention_cases.h, or a shape
// given by flags (--help). Prints time, TFLOP/s, GB/s and the share of the roofline. Visible scores
// count only, and backward 2.5 times forward, as in papers on attention.
//   attention_bench --benchmark_filter=bidirectional
//   attention_bench --device=cuda --backend=medley,cudnn --q=197,577 --batch=256
// docs/benchmarking.md shows how to read it. Exit code 1: a measurement was not possible.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "bench/attention_options.h"
#include "bench/attention_runner.h"
#include "bench/roofline.h"
#include "core/cuda/device.h"
#include "core/error.h"
#include "core/str.h"
#include "core/threads.h"

namespace {

using namespace medley;
using bench::AttentionRun;
using bench::Direction;

// What is given by flags goes before what is known of the device. Measured once; named in the
// output's header.
const bench::Peaks& peaks_for(const AttentionRun& run, const bench::AttentionOptions& options) {
  static std::map<std::pair<DType, int>, bench::Peaks> known;
  const auto [at, is_new] = known.try_emplace({run.dtype, run.threads});
  bench::Peaks& peaks = at->second;
  if (!is_new) return peaks;
  if (options.peak_tflops <= 0 || options.peak_gbs <= 0) {
    set_thread_count(run.threads);
    peaks = bench::peaks_of(run.device, run.dtype);
  }
  if (options.peak_tflops > 0) peaks.tflops = options.peak_tflops, peaks.source = "given by flags";
  if (options.peak_gbs > 0) peaks.gbs = options.peak_gbs, peaks.source = "given by flags";
  std::string what = str("roofline ", name_of(run.dtype));
  if (run.device.kind == Device::Cpu) what += str(" threads:", run.threads);
  benchmark::AddCustomContext(
      what, str(peaks.tflops, " TFLOP/s, ", peaks.gbs, " GB/s (", peaks.source, ")"));
  return peaks;
}

void say_what_is_absent(const bench::AttentionOptions& options) {
  std::set<std::string> said;
  for (const AttentionRun& run : options.runs) {
    if (run.device.kind == Device::Cpu || !said.insert(run.backend).second) continue;
    if (const std::string why = bench::cuda_absence(run.backend); !why.empty())
      std::printf("%s: %s\n", run.backend.c_str(), why.c_str());
  }
}

bool failed = false;

void measure(benchmark::State& state, const AttentionRun& run, const bench::Peaks& peaks) {
  try {
    const auto runner =
        run.device.kind == Device::Cpu ? bench::make_cpu_runner(run) : bench::make_cuda_runner(run);
    runner->seconds();  // plans, caches
    double total = 0;
    for (auto _ : state) {
      const double seconds = runner->seconds();
      state.SetIterationTime(seconds);
      total += seconds;
    }
    const bool backward = run.direction == Direction::backward;
    const double time = total / static_cast<double>(state.iterations());
    const double flops = cases::attention_flops(run.shape) * (backward ? 2.5 : 1);
    const double bytes =
        cases::attention_bytes(run.shape, static_cast<int64_t>(size_of(run.dtype)), backward);
    state.counters["TFLOP/s"] = flops * 1e-12 / time;
    state.counters["GB/s"] = bytes * 1e-9 / time;
    if (const double floor = peaks.floor(flops, bytes); floor > 0)
      state.counters["roofline"] = floor / time;
  } catch (const std::exception& error) {
    failed = true;
    state.SkipWithError(error.what());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const bench::AttentionOptions options = bench::parse_attention_options(argc, argv);
  if (options.help) {
    std::fputs(bench::kAttentionHelp, stdout);
    return 0;
  }
  if (options.check) {
    say_what_is_absent(options);
    return 0;
  }
  for (const AttentionRun& run : options.runs) {
    cuda::require(run.device);
    benchmark::RegisterBenchmark(run.name().c_str(), measure, run, peaks_for(run, options))
        ->Unit(benchmark::kMicrosecond)
        ->UseManualTime();
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return failed ? 1 : 0;
} catch (const Error& error) {
  std::fprintf(stderr, "attention_bench: %s\n", error.what());
  return error.exit_code();
}
