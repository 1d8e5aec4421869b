// Elements as weight files store them, and tensors of them. Types are named as safetensors names
// them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace medley::models {

// "(8, 16)"
std::string shape_text(const std::vector<uint64_t>& shape);
// Throws DataError that names `what` for more dimensions than a Tensor has.
Shape shape_of(const std::vector<uint64_t>& shape, const std::string& what);

// IEEE 754 binary16 (1 + 5 + 10 bits); exact.
float half_to_float(uint16_t bits);

// How many of the elements are NaN or infinite; 0 for types that are no floats.
int64_t count_not_finite(const std::string& dtype, std::span<const char> bytes);

// A tensor of row-major bytes, in the nearest type that medley has: F16 becomes f32, BOOL u8, I8
// and I16 i32; all exact. Throws DataError that names `what` for other types.
Tensor tensor_from_bytes(const std::string& dtype, const std::vector<uint64_t>& shape,
                         std::span<const char> bytes, const std::string& what);

// Copies floats of one type to another, same shape, rounding to nearest. Throws DataError that
// names `what` when one of them holds no floats.
void copy_floats(const Tensor& from, const Tensor& to, const std::string& what);

}  // namespace medley::models
