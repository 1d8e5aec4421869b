// The momentum model: an average of the student's towers over steps (Li et al. 2021, 2022).
#pragma once

#include "autograd/nn/parameters.h"
#include "models/config.h"

namespace medley::models {

// The part of the old average that stays at a step (counted from 0).
double momentum_kept(const LossConfig& losses, int64_t step);

// Throws AutogradError unless every parameter of the average, "<tower>_m.<rest>", lies where
// "<tower>.<rest>" lies among the weights: only then is averaging one pass over one range.
void check_same_range(const autograd::ParameterStore& average,
                      const autograd::ParameterStore& weights);

// average = keep * average + (1 - keep) * weights, over the range that they share. keep [1] is on
// their device; null copies.
void update_average(const autograd::ParameterStore& average,
                    const autograd::ParameterStore& weights, const double* keep);

}  // namespace medley::models
