// Argument checks that ops share. Messages name the op and both shapes.
#pragma once

#include "core/tensor.h"
#include "kernels/dropout.h"

namespace medley::autograd {

// Throws ShapeError unless t has this shape.
void check_shape(const char* op, const char* name, const Tensor& t, const Shape& expected);
// Throws ShapeError unless t is defined, contiguous and of this rank.
void check_matrix(const char* op, const char* name, const Tensor& t, int rank);
// Throws DtypeError or DeviceError unless b goes with a.
void check_same_kind(const char* op, const Tensor& a, const char* name, const Tensor& b);
// A parameter or second input: shape as expected, element type and device of a.
void check_operand(const char* op, const Tensor& a, const char* name, const Tensor& b,
                   const Shape& expected);
// The same for what kernels keep wide: element type wide(a.dtype()).
void check_wide_operand(const char* op, const Tensor& a, const char* name, const Tensor& b,
                        const Shape& expected);
// i32 and of rank 1, on the device of a.
void check_index(const char* op, const Tensor& a, const char* name, const Tensor& index);
// check_index, and ValueError for a value outside 0 .. limit - 1. Kernels look at indices on a GPU
// themselves (core/cuda/fault.h); Meta indices have no values.
void check_range(const char* op, const Tensor& a, const char* name, const Tensor& index,
                 int64_t limit);
// For an input that receives no gradient from the op: throws AutogradError when a tape records and
// that input wants a gradient.
void check_constant(const char* op, const char* name, const Tensor& t);
// Throws ValueError unless 0 <= p < 1.
void check_dropout(const char* op, const kernels::DropoutKey& key);

}  // namespace medley::autograd
