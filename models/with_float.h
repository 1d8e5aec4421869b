// Calls f(T{}) with T = float or double, the types that models compute in.
#pragma once

#include "core/error.h"
#include "core/str.h"
#include "core/tensor.h"

namespace medley::models {

template <class F>
void with_float(DType dtype, const char* what, const F& f) {
  if (dtype == DType::f32) return f(float{});
  if (dtype == DType::f64) return f(double{});
  throw DtypeError(str("[", what, "] has no form for ", dtype), "models compute in f32 or f64");
}

}  // namespace medley::models
