// Dropout: the kernel of every instruction set equals the reference bit for bit; what is kept, how
// often, and how much it is scaled; and the mask's independence of everything but its key.
#include "kernels/dropout.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/reference/dropout.h"
#include "tests/catch.h"
#include "tests/ops/cases/dropout_cases.h"

namespace medley::tests {
namespace {

using kernels::Dropout;
using kernels::DropoutKey;
using kernels::cpu::Isa;

constexpr size_t kGuard = 64;
constexpr uint64_t kStep = 17, kLater = 18;

// rows * n numbers 1, 2, 3, ... with NaN behind them.
template <class T>
std::vector<T> numbers(int64_t count) {
  std::vector<T> x(static_cast<size_t>(count) + kGuard, std::numeric_limits<T>::quiet_NaN());
  for (int64_t i = 0; i < count; ++i) x[static_cast<size_t>(i)] = static_cast<T>(i + 1);
  return x;
}
template <class T>
std::vector<T> poison(int64_t count) {
  return std::vector<T>(static_cast<size_t>(count) + kGuard, std::numeric_limits<T>::quiet_NaN());
}
// Equal up to a relative tolerance, with the NaN behind still there.
bool same(const std::vector<float>& x, const std::vector<float>& y, int64_t count,
          float tolerance) {
  for (size_t i = 0; i < x.size(); ++i) {
    const bool guard = i >= static_cast<size_t>(count);
    if (guard ? !std::isnan(x[i]) || !std::isnan(y[i])
              : !(std::fabs(x[i] - y[i]) <= tolerance * std::fabs(y[i])))
      return false;
  }
  return true;
}

TEST_CASE("dropout: every instruction set and thread count gives the reference's bits",
          "[dropout]") {
  const Isa isa_before = kernels::cpu::isa();
  const int threads_before = thread_count();
  for (const cases::DropoutCase& c : cases::dropout_cases()) {
    const DropoutKey key{.p = c.p, .seed = 0xabcdef0123456789ull, .step = &kStep, .site = 4};
    const int64_t count = c.rows * c.n;
    const auto x = numbers<float>(count);
    for (bool accumulate : {false, true}) {
      auto expected = accumulate ? numbers<float>(count) : poison<float>(count);
      kernels::reference::dropout(
          Dropout<float>{c.rows, c.n, x.data(), expected.data(), accumulate, key});
      for (Isa isa : kernels::cpu::kAllIsas) {
        if (!kernels::cpu::cpu_has(isa)) continue;
        kernels::cpu::set_isa(isa);
        for (int threads : {1, 2, 3}) {
          set_thread_count(threads);
          INFO(c.rows << " x " << c.n << ", p " << c.p << " on " << kernels::cpu::name_of(isa)
                      << ", " << threads << " threads, accumulate " << accumulate);
          auto y = accumulate ? numbers<float>(count) : poison<float>(count);
          kernels::cpu::dropout(Dropout<float>{c.rows, c.n, x.data(), y.data(), accumulate, key});
          // y + scale * x may be one rounding or two.
          CHECK(same(y, expected, count, accumulate ? 1e-6f : 0));
          if (accumulate) continue;
          auto in_place = x;
          kernels::cpu::dropout(
              Dropout<float>{c.rows, c.n, in_place.data(), in_place.data(), false, key});
          CHECK(same(in_place, expected, count, 0));
        }
      }
    }
  }
  kernels::cpu::set_isa(isa_before);
  set_thread_count(threads_before);
}

TEST_CASE("dropout: double has the same mask as float", "[dropout]") {
  const DropoutKey key{.p = 0.3f, .seed = 5, .step = &kStep, .site = 2};
  auto y32 = poison<float>(20 * 30);
  auto y64 = poison<double>(20 * 30);
  const auto x32 = numbers<float>(20 * 30);
  const auto x64 = numbers<double>(20 * 30);
  kernels::cpu::dropout(Dropout<float>{20, 30, x32.data(), y32.data(), false, key});
  kernels::cpu::dropout(Dropout<double>{20, 30, x64.data(), y64.data(), false, key});
  for (size_t i = 0; i < 600; ++i) CHECK(y32[i] == Approx(y64[i]));
}

TEST_CASE("dropout: keeps a fraction 1 - p and scales it by 1 / (1 - p)", "[dropout]") {
  constexpr int64_t kRows = 400, kN = 250;
  for (float p : {0.1f, 0.5f, 0.8f}) {
    const DropoutKey key{.p = p, .seed = 11};
    const std::vector<float> x(kRows * kN, 1.0f);
    std::vector<float> y(x.size());
    kernels::cpu::dropout(Dropout<float>{kRows, kN, x.data(), y.data(), false, key});
    double kept = 0;
    for (float value : y) {
      if (value == 0) continue;
      REQUIRE(value == Approx(1 / (1 - p)).epsilon(1e-4));  // p is rounded to 1/65536
      ++kept;
    }
    const double sigma = std::sqrt(p * (1 - p) / static_cast<double>(x.size()));
    CHECK(std::fabs(kept / static_cast<double>(x.size()) - (1 - p)) < 4 * sigma);
  }
}

TEST_CASE(
    "dropout: the mask depends on seed, step, site, batch, row and column, and on nothing else",
    "[dropout]") {
  const auto mask = [](const DropoutKey& key, uint32_t batch) {
    std::vector<bool> kept;
    for (uint32_t r = 0; r < 16; ++r)
      for (uint32_t c = 0; c < 32; ++c) kept.push_back(dropout_keeps(key, batch, r, c));
    return kept;
  };
  const DropoutKey key{.p = 0.5f, .seed = 1, .step = &kStep, .site = 3};
  const auto base = mask(key, 0);
  CHECK(mask(key, 0) == base);
  for (const DropoutKey& other :
       {DropoutKey{.p = 0.5f, .seed = 2, .step = &kStep, .site = 3},
        DropoutKey{.p = 0.5f, .seed = 1, .step = &kLater, .site = 3},
        DropoutKey{.p = 0.5f, .seed = 1, .step = &kStep, .site = 4},
        DropoutKey{.p = 0.5f, .seed = 1ull << 32 | 1, .step = &kStep, .site = 3}}) {
    const auto changed = mask(other, 0);
    int differences = 0;
    for (size_t i = 0; i < base.size(); ++i) differences += changed[i] != base[i];
    CHECK(differences > 180);  // half of 512 are expected
    CHECK(differences < 332);
  }
  CHECK(mask(key, 1) != base);

  // More rows do not change the first ones.
  const std::vector<float> x(20 * 13, 1.0f);
  std::vector<float> few(x.size()), many(x.size());
  kernels::cpu::dropout(Dropout<float>{9, 13, x.data(), few.data(), false, key});
  kernels::cpu::dropout(Dropout<float>{20, 13, x.data(), many.data(), false, key});
  CHECK(std::equal(few.begin(), few.begin() + 9 * 13, many.begin()));
}

TEST_CASE("dropout: a dropped element is zero whatever it was", "[dropout]") {
  const DropoutKey key{.p = 0.5f, .seed = 8};
  const std::vector<float> x(512, std::numeric_limits<float>::infinity());
  std::vector<float> y(x.size());
  kernels::cpu::dropout(Dropout<float>{4, 128, x.data(), y.data(), false, key});
  for (uint32_t r = 0; r < 4; ++r)
    for (uint32_t c = 0; c < 128; ++c)
      CHECK(y[r * 128 + c] ==
            (dropout_keeps(key, 0, r, c) ? std::numeric_limits<float>::infinity() : 0.0f));
}

}  // namespace
}  // namespace medley::tests
