#include "tests/golden/operands.h"

#include <bit>
#include <cstddef>
#include <iterator>
#include <limits>

#include "core/bf16.h"

namespace medley::golden {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kSubnormal = std::numeric_limits<float>::denorm_min();

constexpr uint32_t kWide[] = {
    0x00000000, 0x80000000, 0x7f800000, 0xff800000,  // zeros, infinities
    0x7f7fffff, 0xff7fffff, 0x7f7f7fff, 0x7f7fefff,  // the largest, and what does not overflow
    0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff,  // bf16: ties to even, and beside one
    0x3f801000, 0xbf803000, 0x3f801001, 0x3f800fff,  // tf32: ties away from zero, and beside one
    0x00000001, 0x80000001, 0x00008000, 0x00018000,  // subnormal
    0x007fffff, 0x807fffff, 0x00001000, 0x00800000,
};

// Not -126: the error of an approximation decides whether the result, the smallest normal float,
// is flushed.
constexpr float kExponents[] = {
    0.0f,       -0.0f,
    kSubnormal, -1e-39f,
    -1e-30f,    -1.0f,
    -24.0f,     -125.5f,
    -125.9999f, -126.01f,
    -127.0f,    -149.0f,
    -150.0f,    -1000.0f,
    -1e30f,     -kLargest,
    -kInfinity, 127.5f,
    128.0f,     kLargest,
    kInfinity,  std::numeric_limits<float>::quiet_NaN(),
};

constexpr float number(uint32_t bits) { return static_cast<float>(bits) * 0x1p-30f - 2.0f; }

}  // namespace

uint32_t operand(Operands operands, int i, uint32_t word) {
  const auto place = static_cast<size_t>(i);
  switch (operands) {
    case Operands::bits:
      return word;
    case Operands::floats:
      return std::bit_cast<uint32_t>(number(word));
    case Operands::bf16_pairs:
      return bf16(number(word << 16)).bits |
             static_cast<uint32_t>(bf16(number(word & 0xffff0000u)).bits) << 16;
    case Operands::wide_floats: {
      if (place < std::size(kWide)) return kWide[place];
      constexpr uint32_t kExponent = 0x7f800000u;
      return (word & kExponent) == kExponent ? word & ~0x40000000u : word;
    }
    case Operands::exponents:
      return std::bit_cast<uint32_t>(place < std::size(kExponents) ? kExponents[place]
                                                                   : 80 * number(word));
  }
  return word;
}

}  // namespace medley::golden
