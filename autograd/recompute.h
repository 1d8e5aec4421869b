// Trades time for memory: fn runs without recording, only its inputs are kept, and backward runs it
// again.
#pragma once

#include <functional>
#include <vector>

#include "autograd/tape.h"

namespace medley::autograd {

// fn must be a pure function of its inputs and of leaves (dropout keys are pure, so they repeat).
// One output.
Tensor checkpoint(const std::function<Tensor(const std::vector<Tensor>&)>& fn,
                  const std::vector<Tensor>& inputs);

}  // namespace medley::autograd
