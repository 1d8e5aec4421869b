#include "tests/golden/primitives.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace medley::golden {

std::span<const Primitive> primitives() {
  static const std::vector<Primitive> all = [] {
    std::vector<Primitive> joined;
    for (const auto part : {arithmetic_primitives(), warp_primitives(), atomic_primitives(),
                            barrier_primitives(), copy_primitives(), matrix_primitives()})
      joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return all;
}

bool agree(const Agreement& agreement, uint32_t x, uint32_t y) {
  if (x == y || !agreement.floats) return x == y;
  const double a = std::bit_cast<float>(x), b = std::bit_cast<float>(y);
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= std::max(agreement.relative * std::abs(b), agreement.floor);
}

bool runs_on(Code code, int major, int minor) {
  if (code == Code::sm_90a) return major == 9 && minor == 0;
  return static_cast<uint32_t>(major * 10 + minor) >= static_cast<uint32_t>(code);
}

const char* name(Code code) {
  switch (code) {
    case Code::none:
      return "no architecture";
    case Code::sm_80:
      return "sm_80";
    case Code::sm_90:
      return "sm_90";
    case Code::sm_90a:
      return "sm_90a";
  }
  return "an unknown architecture";
}

}  // namespace medley::golden
