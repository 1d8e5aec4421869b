// Compares gradients with central differences in f64. fn maps leaves to one tensor; the check
// contracts it with fixed random weights to a scalar. Throws AutogradError that names input,
// element, both values, when they differ by more than atol + rtol * |numeric|.
#pragma once

#include <functional>
#include <vector>

#include "autograd/tape.h"

namespace medley::autograd {

struct GradcheckOptions {
  double eps = 1e-6, atol = 1e-7, rtol = 1e-6;
  int64_t max_elements = 64;  // of each input, spread evenly; the rest are not perturbed
};

void gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& fn,
               const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace medley::autograd
