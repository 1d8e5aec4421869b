// Calls fn with a zero of the C++ type that a floating dtype stands for: the step from tensors to
// templated kernels. Which types a kernel takes on which device is for kernels/dispatch.h to say.
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
    case DType::bf16:
      return fn(bf16{});
    default:
      throw DtypeError(str("[", op, "] takes f32, f64 or bf16, not ", dtype));
  }
}

// The element type of Wide<T> (kernels/wide.h): what statistics, losses and parameter vectors are
// kept in beside activations of this type.
inline DType wide(DType dtype) { return dtype == DType::bf16 ? DType::f32 : dtype; }

}  // namespace medley::autograd
