// What the kernel tests share: seeded inputs, outputs that start as NaN with guard bands behind,
// and the tolerance rule.
//
// A test describes one run of an op as a template over the element type: run<T>(op) makes inputs,
// calls op and returns the outputs, each judged by its own size. check_kernel() compares the fast
// kernel, for every instruction set and 1, 2 and 3 threads, with the reference in f64; what the
// reference in f32 loses sets the tolerance.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.h"
#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "tests/catch.h"

namespace medley::tests {

// Numbers in [-1, 1), the same for float and double up to rounding.
template <class T>
std::vector<T> numbers(int64_t count, uint32_t sample, double scale = 1) {
  Random random(5, Purpose::test, 0, sample);
  std::vector<T> x(static_cast<size_t>(count));
  for (T& v : x) v = static_cast<T>(static_cast<float>(random.uniform(-scale, scale)));
  return x;
}

// The outputs of one run.
using Outputs = std::vector<std::vector<double>>;

// An output of `count` elements: NaN until written, with NaN behind that must stay.
template <class T>
class Output {
 public:
  explicit Output(int64_t count)
      : count_(static_cast<size_t>(count)), all_(count_ + kGuard, kNan) {}
  Output(const std::vector<T>& initial) : Output(static_cast<int64_t>(initial.size())) {  // NOLINT
    std::copy(initial.begin(), initial.end(), all_.begin());
  }
  T* data() { return all_.data(); }
  // Appends the values; fails the test when the guard was written or a value never was.
  void collect(std::vector<double>& to) const {
    const auto is_nan = [](T v) { return std::isnan(v); };
    const auto end = all_.begin() + static_cast<int64_t>(count_);
    REQUIRE(std::none_of(all_.begin(), end, is_nan));
    REQUIRE(std::all_of(end, all_.end(), is_nan));
    to.insert(to.end(), all_.begin(), end);
  }
  void collect(Outputs& to) const { collect(to.emplace_back()); }

 private:
  static constexpr size_t kGuard = 80;
  static constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  size_t count_;
  std::vector<T> all_;
};

inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

// max |fast - exact| <= factor max |naive - exact| + 8 units in the last place of the largest
// value.
inline void check_close(const std::vector<double>& fast, const std::vector<double>& naive,
                        const std::vector<double>& exact, double factor) {
  double largest = 0;
  for (const double v : exact) largest = std::max(largest, std::abs(v));
  const double floor = 8 * std::numeric_limits<float>::epsilon() * largest;
  CHECK(largest_difference(fast, exact) <= factor * largest_difference(naive, exact) + floor);
}

inline void check_close(const Outputs& fast, const Outputs& naive, const Outputs& exact,
                        double factor) {
  REQUIRE(fast.size() == exact.size());
  REQUIRE(naive.size() == exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i);
    check_close(fast[i], naive[i], exact[i], factor);
  }
}

// Runs f for every instruction set that this CPU has with 1, 2 and 3 threads; leaves the settings
// as they were.
template <class F>
void for_each_variant(const F& f) {
  using kernels::cpu::Isa;
  const Isa isa = kernels::cpu::isa();
  const int threads = thread_count();
  for (const Isa variant : kernels::cpu::kAllIsas) {
    if (!kernels::cpu::cpu_has(variant)) continue;
    kernels::cpu::set_isa(variant);
    for (const int n : {1, 2, 3}) {
      set_thread_count(n);
      CAPTURE(kernels::cpu::name_of(variant), n);
      f(n);
    }
  }
  kernels::cpu::set_isa(isa);
  set_thread_count(threads);
}

// fast(), naive() and exact() return all outputs of one case. Thread counts must agree in every
// bit.
template <class Fast, class Naive, class Exact>
void check_kernel(const Fast& fast, const Naive& naive, const Exact& exact, double factor) {
  const auto plain = naive(), right = exact();
  auto one_thread = right;
  for_each_variant([&](int threads) {
    const auto result = fast();
    check_close(result, plain, right, factor);
    if (threads == 1) one_thread = result;
    CHECK(result == one_thread);
  });
}

}  // namespace medley::tests
