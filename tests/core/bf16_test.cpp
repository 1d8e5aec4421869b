// bf16 rounding, checked against exact double arithmetic over every finite value of the format.
#include "core/bf16.h"

#include <cmath>
#include <limits>

#include "core/dtype.h"
#include "tests/catch.h"

using medley::bf16;

namespace {

float value_of(uint16_t bits) {
  bf16 b;
  b.bits = bits;
  return static_cast<float>(b);
}

}  // namespace

TEST_CASE("every bf16 survives the way through float") {
  int wrong = 0;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = value_of(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    wrong += bf16(value).bits != bits;
  }
  CHECK(wrong == 0);
}

TEST_CASE("rounding to bf16 is to nearest, ties to even") {
  int wrong = 0;
  for (uint32_t bits = 0; bits < 0x7f7f; ++bits) {  // every gap between positive finite neighbours
    const double low = value_of(static_cast<uint16_t>(bits));
    const double high = value_of(static_cast<uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);  // exact: one more bit
    wrong += bf16(middle).bits != (bits % 2 == 0 ? bits : bits + 1);
    wrong += bf16(std::nextafter(middle, 0.0f)).bits != bits;
    wrong += bf16(std::nextafter(middle, INFINITY)).bits != bits + 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("bf16 keeps infinity, NaN and signed zero, and overflows to infinity") {
  CHECK(static_cast<float>(bf16(INFINITY)) == INFINITY);
  CHECK(std::isnan(static_cast<float>(bf16(std::numeric_limits<float>::quiet_NaN()))));
  // A NaN whose payload is only in the bits that are cut off must not become infinity.
  CHECK(std::isnan(static_cast<float>(bf16(std::bit_cast<float>(0x7f800001u)))));
  CHECK(bf16(-0.0f).bits == 0x8000);
  CHECK(static_cast<float>(bf16(std::numeric_limits<float>::max())) == INFINITY);
}

TEST_CASE("element types know their size and name") {
  using medley::DType;
  CHECK(medley::size_of(DType::bf16) == 2);
  CHECK(medley::size_of(DType::i64) == 8);
  CHECK(medley::name_of(DType::u8) == "u8");
  CHECK(medley::kDTypeOf<double> == DType::f64);
  CHECK(medley::kIsElement<bf16>);
  CHECK_FALSE(medley::kIsElement<char16_t>);
}
