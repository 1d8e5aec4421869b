// Element types of tensors. f64 exists for reference maths and gradient checks; bf16 is a storage
// type, sums are f32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bf16.h"

namespace medley {

enum class DType : uint8_t { f32, f64, bf16, i32, i64, u8 };

size_t size_of(DType dtype);
std::string_view name_of(DType dtype);

template <class T>
inline constexpr bool kIsElement = false;
template <class T>
inline constexpr DType kDTypeOf = DType::u8;

#define MEDLEY_ELEMENT(type, dtype)              \
  template <>                                    \
  inline constexpr bool kIsElement<type> = true; \
  template <>                                    \
  inline constexpr DType kDTypeOf<type> = DType::dtype;
MEDLEY_ELEMENT(float, f32)
MEDLEY_ELEMENT(double, f64)
MEDLEY_ELEMENT(bf16, bf16)
MEDLEY_ELEMENT(int32_t, i32)
MEDLEY_ELEMENT(int64_t, i64)
MEDLEY_ELEMENT(uint8_t, u8)
#undef MEDLEY_ELEMENT

}  // namespace medley
