// AdamW over the flat arena of a model: one pass over memory, whatever the number of parameters.
// The formula is in kernels/adamw.h.
//
//   AdamW optimizer(store, {.lr = 1e-3});
//   for (...) {
//     optimizer.zero_grad();
//     ...                                    // forward and backward
//     optimizer.step();
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "autograd/nn/parameters.h"
#include "autograd/optim/norm.h"

namespace medley::autograd {

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double decay = 0.01;  // weight decay, of every parameter that no group says otherwise of
  double clip = 0;      // largest norm of all gradients together; 0: any
};

// Parameters with a rate or a weight decay of their own.
struct ParameterGroup {
  // Asked for the name of each parameter that has memory of its own: a tied name follows its owner.
  std::function<bool(const std::string& name)> contains;
  // The group's rate is lr times this. 0: its weights stay as they are, in every bit.
  double lr_factor = 1;
  std::optional<double> decay = std::nullopt;  // none: that of AdamWOptions
};

class AdamW {
 public:
  // A parameter belongs to the first group that contains it. Frozen ones stay as they are, and have
  // no moments. Throws ValueError for a group without a parameter, and for a store without
  // gradients.
  explicit AdamW(const ParameterStore& store, const AdamWOptions& options = {},
                 const std::vector<ParameterGroup>& groups = {});

  void zero_grad();
  // Changes the weights. When they are to be clipped, gradients that are not all finite change
  // nothing.
  void step();
  // The same with the norm of the gradients given (squared_norm() of the flat arena): nothing
  // changes when `gradient` counts any that are not finite. The caller may read it afterwards, and
  // then call take_back(), which makes the step uncounted.
  void step(const SquaredNorm& gradient);
  void take_back() { --steps_; }

  // For schedules: of the steps to come.
  void set_lr(double lr) { options_.lr = lr; }
  const AdamWOptions& options() const { return options_; }

  int64_t elements() const;                 // of all parameters that are trained
  int64_t steps() const { return steps_; }  // taken so far: t of the bias correction
  void set_steps(int64_t steps) { steps_ = steps; }
  Device device() const { return store_.weights.flat().device(); }
  FlatArena& first_moment() { return m_; }  // of the parameters that are trained
  FlatArena& second_moment() { return v_; }

 private:
  // Elements of the arena that are updated alike, with their moments.
  struct Range {
    int64_t begin = 0, end = 0, moments = 0;
    double lr_factor = 1, decay = 0;
  };
  void update(const SquaredNorm* gradient);

  ParameterStore store_;
  FlatArena m_, v_;
  AdamWOptions options_;
  std::vector<Range> ranges_;
  int64_t steps_ = 0;
};

}  // namespace medley::autograd
