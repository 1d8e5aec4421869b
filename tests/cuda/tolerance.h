// Numbers of a type as a test makes them and judges them: the rule of tests/ops/support.h, with the
// last place of the type that the output is kept in.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/bf16.h"
#include "tests/ops/support.h"

namespace medley::tests {

inline double wide(double x) { return x; }
inline double wide(bf16 x) { return static_cast<float>(x); }

template <class To, class From>
std::vector<To> converted(const std::vector<From>& from) {
  std::vector<To> to;
  for (const From x : from) {
    if constexpr (std::is_same_v<To, bf16>)
      to.push_back(bf16(static_cast<float>(wide(x))));
    else
      to.push_back(static_cast<To>(wide(x)));
  }
  return to;
}

// Seeded numbers in -scale .. scale that T can hold.
template <class T>
std::vector<T> rounded(int64_t count, uint32_t sample, double scale = 1) {
  return converted<T>(numbers<float>(count, sample, scale));
}

template <class T>
inline constexpr double kEpsilon = std::numeric_limits<float>::epsilon();
template <>
inline constexpr double kEpsilon<bf16> = 1.0 / 128;

// max |fast - exact| <= factor max |naive - exact| + some units in the last place of the largest
// value, eight of f32, half a one of bf16; every value finite.
template <class T>
void check_against(const Outputs& fast, const Outputs& naive, const Outputs& exact, double factor) {
  constexpr double kUnits = std::is_same_v<T, bf16> ? 0.5 : 8;
  REQUIRE(fast.size() == exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i);
    double largest = 0;
    bool finite = true;
    for (const double x : exact[i]) largest = std::max(largest, std::abs(x));
    for (const double x : fast[i]) finite = finite && std::isfinite(x);
    REQUIRE(finite);
    CHECK(largest_difference(fast[i], exact[i]) <=
          factor * largest_difference(naive[i], exact[i]) + kUnits * kEpsilon<T> * largest);
  }
}

}  // namespace medley::tests
