// AdamW over the flat arena of a model. Weight decay goes to every parameter, as in the original;
// the temperature may have a rate of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "autograd/nn/parameters.h"
#include "core/arena.h"
#include "kernels/adamw.h"
#include "train/config/config.h"
#include "train/loop/finite.h"

namespace medley::train {

class Optimizer {
 public:
  // `temperature` is the name of the temperature's entry in the store, "" for none.
  Optimizer(const autograd::ParameterStore& store, const OptimizerConfig& config,
            const std::string& temperature);

  // Gradients are scaled to a norm of at most `clip` (0: any). Nothing changes when `gradient`,
  // their norm, counts any that are not finite: the caller reads it afterwards and then calls
  // take_back(), which makes the step uncounted.
  void step(const SquaredNorm& gradient, double lr, double clip);
  void take_back() { --steps_; }

  int64_t steps() const { return steps_; }  // taken so far: t of the bias correction
  void set_steps(int64_t steps) { steps_ = steps; }
  Device device() const { return store_.weights.flat().device(); }
  FlatArena& first_moment() { return m_; }  // same layout as the weights
  FlatArena& second_moment() { return v_; }

 private:
  // Elements of the arena that have one rate, as a part of lr.
  struct Range {
    int64_t begin = 0, end = 0;
    double part = 1;
  };
  autograd::ParameterStore store_;
  FlatArena m_, v_;
  OptimizerConfig config_;
  std::vector<Range> ranges_;
  int64_t steps_ = 0;
};

}  // namespace medley::train
