#include "bench/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include "core/cuda/device.h"
#include "core/str.h"
#include "core/threads.h"
#include "kernels/linear.h"

namespace medley::bench {
namespace {

struct Sheet {
  std::string_view name;  // part of the device's name; the first that fits counts
  double bf16_tflops, f32_tflops, gbs;
};
constexpr Sheet kSheets[] = {{"H200", 989, 67, 4800},
                             {"H100 PCIe", 756, 51, 2000},
                             {"H100 NVL", 835, 60, 3900},
                             {"H100", 989, 67, 3350},
                             {"A100-SXM4-80GB", 312, 19.5, 2039},
                             {"A100 80GB", 312, 19.5, 1935},
                             {"A100", 312, 19.5, 1555},
                             {"L40S", 362, 91.6, 864},
                             {"RTX 4090", 165, 82.6, 1008}};

template <class F>
double best_seconds(const F& f) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < 4; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

Peaks measure_cpu() {
  constexpr int64_t kSide = 1024, kFloats = int64_t{32} << 20;
  Peaks peaks{.source = "measured here: a matrix product of 1024 x 1024 x 1024, a sum of 128 MiB"};
  const std::vector<float> a(kSide * kSide, 1.0f), b(kSide * kSide, 1.0f);
  std::vector<float> c(kSide * kSide);
  const double product = best_seconds([&] {
    kernels::cpu::gemm(kernels::Gemm<float>{.m = kSide,
                                            .n = kSide,
                                            .k = kSide,
                                            .a = a.data(),
                                            .a_row = kSide,
                                            .b = b.data(),
                                            .b_row = kSide,
                                            .c = c.data(),
                                            .ldc = kSide});
  });
  peaks.tflops = 2e-12 * kSide * kSide * kSide / product;
  const std::vector<float> x(kFloats, 1.0f);
  std::vector<float> sums(static_cast<size_t>(thread_count()) * 16);
  const double read = best_seconds([&] {
    parallel_for(thread_count(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        const int64_t first = kFloats * part / thread_count();
        const int64_t last = kFloats * (part + 1) / thread_count();
        uint32_t bits = 0;  // integers, so that the compiler may add in any order
        const auto* words = reinterpret_cast<const uint32_t*>(x.data());
        for (int64_t i = first; i < last; ++i) bits += words[i];
        sums[static_cast<size_t>(part) * 16] += static_cast<float>(bits);
      }
    });
  });
  peaks.gbs = 1e-9 * sizeof(float) * static_cast<double>(kFloats) / read;
  return peaks;
}

Peaks cpu() {
  static std::map<int, Peaks> by_threads;
  const auto [at, is_new] = by_threads.try_emplace(thread_count());
  if (is_new) at->second = measure_cpu();
  return at->second;
}

}  // namespace

double Peaks::floor(double flops, double bytes) const {
  if (tflops <= 0 || gbs <= 0) return 0;
  return std::max(flops * 1e-12 / tflops, bytes * 1e-9 / gbs);
}

Peaks peaks_of(Device device, DType dtype) {
  if (device.kind == Device::Cpu) return cpu();
  const std::string name = cuda::describe(device).name;
  for (const Sheet& sheet : kSheets)
    if (name.find(sheet.name) != std::string::npos)
      return {.tflops = dtype == DType::bf16 ? sheet.bf16_tflops : sheet.f32_tflops,
              .gbs = sheet.gbs,
              .source = str("data sheet of ", sheet.name)};
  return {.source = str(name,
                        " is not in the table of bench/roofline.cpp: use --peak_tflops and "
                        "--peak_gbs")};
}

}  // namespace medley::bench
