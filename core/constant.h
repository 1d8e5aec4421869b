// Tensors of numbers that are the same each time they are made: offsets of equally long sequences,
// every n-th row, a one. On a GPU such a tensor is made once and kept for the life of the process,
// so a step that asks for it again copies nothing to the device, and can be captured in a graph.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace medley {

// Tensor::from(values, shape, device), which nobody may write to. From one thread a process, as
// kernels are launched from one.
template <class T>
Tensor constant(const std::vector<T>& values, const Shape& shape, Device device);

// [values] i32.
Tensor constant_indices(const std::vector<int32_t>& values, Device device);

}  // namespace medley
