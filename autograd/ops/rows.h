// Rows of a [rows, C] tensor: cut into runs, put together, picked by index (kernels/gather.h).
#pragma once

#include <vector>

#include "core/tensor.h"

namespace medley::autograd {

// Consecutive runs of x's rows, as views; sizes must add up to its rows.
std::vector<Tensor> split_rows(const Tensor& x, const std::vector<int64_t>& sizes);
Tensor concat_rows(const std::vector<Tensor>& parts);
// index [count] i32 -> [count, C]. Throws ValueError for an index out of range.
Tensor gather_rows(const Tensor& x, const Tensor& index);

}  // namespace medley::autograd
