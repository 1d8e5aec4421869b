// Hard negatives: never a positive, as often as their weight says, and the fallback.
#include "kernels/sampling.h"

#include "tests/ops/cases/sampling_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

using kernels::SampleNegatives;

constexpr uint64_t kStep = 4;

TEST_CASE("sampling: never a positive, the same for every instruction set and thread count",
          "[sampling]") {
  for (const auto& [b] : cases::sampling_cases()) {
    const int64_t ld = b + 3;
    const auto sim = numbers<float>(b * ld, 1, 20);
    std::vector<int64_t> caption;
    for (int64_t i = 0; i < b; ++i) caption.push_back(i / 2);
    for (const bool captions : {false, true}) {
      std::vector<int32_t> first;
      for_each_variant([&, b = b](int) {
        std::vector<int32_t> index(static_cast<size_t>(b), -1);
        kernels::cpu::sample_negatives(
            SampleNegatives<float>{.batch = b,
                                   .sim = sim.data(),
                                   .ld = ld,
                                   .caption = captions ? caption.data() : nullptr,
                                   .seed = 3,
                                   .step = &kStep,
                                   .direction = 1,
                                   .index = index.data()});
        for (size_t i = 0; i < index.size(); ++i) {
          CHECK((index[i] >= 0 && index[i] < b));
          const auto j = static_cast<size_t>(index[i]);
          if (b > 2) CHECK((captions ? caption[i] != caption[j] : i != j));
        }
        if (first.empty()) first = index;
        CHECK(index == first);
      });
    }
  }
}

TEST_CASE("sampling: frequencies follow softmax plus 1e-4", "[sampling]") {
  // Row 0 of 4 matters.
  const std::vector<float> sim = {0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  constexpr int kDraws = 20000;
  std::vector<double> count(4);
  for (uint64_t step = 0; step < kDraws; ++step) {
    std::vector<int32_t> index(4);
    kernels::cpu::sample_negatives(SampleNegatives<float>{
        .batch = 4, .sim = sim.data(), .ld = 4, .seed = 9, .step = &step, .index = index.data()});
    ++count[static_cast<size_t>(index[0])];
  }
  const double e[] = {1, 1, std::exp(1.0), std::exp(2.0)};
  const double sum = e[0] + e[1] + e[2] + e[3], total = (e[1] + e[2] + e[3]) / sum + 3e-4;
  double chi_square = 0;
  for (int j = 1; j < 4; ++j) {
    const double expected = kDraws * (e[j] / sum + 1e-4) / total;
    chi_square += (count[static_cast<size_t>(j)] - expected) *
                  (count[static_cast<size_t>(j)] - expected) / expected;
  }
  CHECK(count[0] == 0);
  CHECK(chi_square < 13.8);  // 2 degrees of freedom, p = 0.001
}

TEST_CASE("sampling: directions draw apart, a row without a negative takes its neighbour",
          "[sampling]") {
  const auto sim = numbers<float>(64 * 64, 1);
  std::vector<int32_t> zero(64), one(64);
  for (const uint32_t direction : {0u, 1u})
    kernels::cpu::sample_negatives(
        SampleNegatives<float>{.batch = 64,
                               .sim = sim.data(),
                               .ld = 64,
                               .seed = 1,
                               .step = &kStep,
                               .direction = direction,
                               .index = direction ? one.data() : zero.data()});
  CHECK(zero != one);
  const std::vector<int64_t> same(3, 7);
  std::vector<int32_t> index(3);
  kernels::cpu::sample_negatives(SampleNegatives<float>{
      .batch = 3, .sim = sim.data(), .ld = 3, .caption = same.data(), .index = index.data()});
  CHECK(index == std::vector<int32_t>{1, 2, 0});
}

}  // namespace
}  // namespace medley::tests
