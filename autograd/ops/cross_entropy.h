// Mean cross-entropy over rows, with label smoothing and ignored targets.
#pragma once

#include "core/tensor.h"

namespace medley::autograd {

// logits [rows, classes], targets [rows] i32 (kernels::kIgnoredTarget: not counted) -> scalar: the
// mean over the rows that count, or with weights [rows] the sum of weight * loss of a row.
// Backward writes the gradient over the logits: nothing else may use them afterwards (the version
// check says so). Throws ValueError for a target out of range.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, double smoothing = 0,
                     const Tensor& weights = {});

// The loss of each row, [rows], 0 where it does not count. Not differentiable.
Tensor cross_entropy_rows(const Tensor& logits, const Tensor& targets, double smoothing = 0);

}  // namespace medley::autograd
