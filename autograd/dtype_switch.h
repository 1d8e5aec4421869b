// Calls fn with a zero of the C++ type that a floating dtype stands for: the step from tensors to
// templated kernels.
#pragma once

#include "core/dtype.h"
#include "core/error.h"
#include "core/str.h"

namespace medley::autograd {

template <class F>
void with_float(const char* op, DType dtype, const F& fn) {
  switch (dtype) {
    case DType::f32:
      return fn(float{});
    case DType::f64:
      return fn(double{});
    default:
      throw DtypeError(str("[", op, "] takes f32 or f64, not ", dtype));
  }
}

}  // namespace medley::autograd
