// Low-rank adaptation (Hu et al. 2021). Chosen matrices W [out, in] of a model are trained as
//
//   W = W0 + alpha / r * B A,   A [r, in],   B [out, r]
//
// with W0 as they were and only A and B trained. The model knows nothing of it: W is written anew
// after each step, so that whatever reads weights finds them merged.
//
//   LowRank low_rank(store, {"fc1.weight", "fc2.weight"}, {.rank = 8, .alpha = 16});
//   AdamW optimizer(low_rank.factors());
//   for (...) {
//     ...                              // forward and backward, which add to the gradient of W
//     low_rank.pull_gradients();
//     optimizer.step();
//     low_rank.merge();
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "autograd/optim/adamw.h"

namespace medley::autograd {

struct LowRankOptions {
  int64_t rank = 8;
  double alpha = 8;
  uint64_t seed = 1;  // of A; B starts at zero, and W so at W0
};

class LowRank {
 public:
  // `matrices` are names of the store; rows of a fused matrix go by their own (query, key, value)
  // and have an A and B each. Freezes every parameter but these and those that `trained` says yes
  // to, such as new heads. Throws ShapeError for what is no matrix, ValueError for a rank that
  // makes A and B larger than the matrix, and for a store without gradients.
  LowRank(ParameterStore& store, const std::vector<std::string>& matrices,
          const LowRankOptions& options = {},
          const std::function<bool(const std::string& name)>& trained = {});

  // Turns the gradient of each matrix into those of A and B. In its place in the store's arena are
  // these two then, and zeros: the norm of the arena is that of all gradients that are followed.
  void pull_gradients();
  // Writes W by A, B and W0: after each change of them.
  void merge();

  // <layer>.lora_A.weight and <layer>.lora_B.weight for each <layer>.weight, with gradients.
  ParameterStore& factors() { return factors_; }
  const FlatArena& originals() const { return originals_; }  // W0, under the names of the matrices

  // For an AdamW over the store, which trains the other parameters: it does not touch the matrices.
  ParameterGroup merged() const;

 private:
  struct Matrix {
    Tensor weight, gradient, original;
    Tensor a, da, scaled_a, db, scaled_b;
  };
  void scale();

  ParameterStore store_, factors_;
  FlatArena originals_, scaled_;  // scaled: alpha / r times A and B
  std::vector<Matrix> matrices_;
  std::set<std::string> owners_;  // parameters that hold the matrices
  double factor_ = 1;
};

}  // namespace medley::autograd
