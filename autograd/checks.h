// Argument checks that ops share. Messages name the op and both shapes.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// Throws ShapeError unless t has this shape.
void check_shape(const char* op, const char* name, const Tensor& t, const Shape& expected);
// Throws ShapeError unless t is defined, contiguous and of this rank.
void check_matrix(const char* op, const char* name, const Tensor& t, int rank);
// Throws DtypeError or DeviceError unless b goes with a.
void check_same_kind(const char* op, const Tensor& a, const char* name, const Tensor& b);
// index [n] i32 on the CPU: throws ValueError for a value outside 0 .. limit - 1. Meta indices are
// not looked at.
void check_range(const char* op, const char* name, const Tensor& index, int64_t limit);

}  // namespace medley::autograd
