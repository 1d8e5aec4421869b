#include "autograd/ops/cross_entropy.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/cross_entropy.h"
#include "kernels/dispatch.h"

namespace medley::autograd {
namespace {

struct CrossEntropyNode final : Node {
  Saved logits{"logits"}, targets{"targets"}, lse{"lse"}, weights{"weights"};
  double smoothing = 0;

  const char* name() const override { return "cross_entropy"; }
  std::vector<Saved*> saved() override { return {&logits, &targets, &lse, &weights}; }

  // The gradient takes the place of the logits, so that [rows, classes] is held once. A leaf keeps
  // its value.
  void backward(Gradients& g) override {
    const Tensor dloss = g.out(0), x = logits.get(), w = weights.get();
    const bool in_place = !is_leaf(x);
    const Tensor dx = in_place ? x : Tensor::empty(x.shape(), x.dtype(), x.device());
    with_float("cross_entropy", x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      using W = kernels::Wide<T>;
      MEDLEY_KERNEL(
          cross_entropy_backward, x.device(),
          kernels::CrossEntropyBackward<T>{.rows = x.size(0),
                                           .classes = x.size(1),
                                           .logits = x.data<T>(),
                                           .targets = targets.get().template data<int32_t>(),
                                           .weights = w.defined() ? w.template data<W>() : nullptr,
                                           .smoothing = static_cast<W>(smoothing),
                                           .lse = lse.get().template data<W>(),
                                           .dloss = dloss.data<W>(),
                                           .dlogits = dx.data<T>()});
    });
    if (in_place) x.bump_version();
    logits.release();
    g.give(0, dx);
  }
};

void check_targets(const Tensor& logits, const Tensor& targets) {
  const int64_t rows = logits.size(0), classes = logits.size(1);
  check_index("cross_entropy", logits, "targets", targets);
  check_shape("cross_entropy", "targets", targets, {rows});
  if (targets.device().kind != Device::Cpu) return;
  const int32_t* t = targets.data<int32_t>();
  for (int64_t i = 0; i < rows; ++i)
    if (t[i] != kernels::kIgnoredTarget && (t[i] < 0 || t[i] >= classes))
      throw ValueError(
          str("[cross_entropy] targets[", i, "] is ", t[i], ", not in 0 .. ", classes - 1));
}

struct Losses {
  Tensor mean, rows, lse;
};

Losses forward(const Tensor& logits, const Tensor& targets, double smoothing,
               const Tensor& weights) {
  check_matrix("cross_entropy", "logits", logits, 2);
  const int64_t rows = logits.size(0), classes = logits.size(1);
  check_targets(logits, targets);
  if (weights.defined()) check_wide_operand("cross_entropy", logits, "weights", weights, {rows});
  check_constant("cross_entropy", "weights", weights);
  const auto make = [&](const Shape& shape) {
    return Tensor::empty(shape, wide(logits.dtype()), logits.device());
  };
  Losses losses{make({}), make({rows}), make({rows})};
  with_float("cross_entropy", logits.dtype(), [&](auto zero) {
    using T = decltype(zero);
    using W = kernels::Wide<T>;
    MEDLEY_KERNEL(
        cross_entropy_forward, logits.device(),
        kernels::CrossEntropyForward<T>{.rows = rows,
                                        .classes = classes,
                                        .logits = logits.data<T>(),
                                        .targets = targets.data<int32_t>(),
                                        .weights = weights.defined() ? weights.data<W>() : nullptr,
                                        .smoothing = static_cast<W>(smoothing),
                                        .lse = losses.lse.data<W>(),
                                        .row_loss = losses.rows.data<W>(),
                                        .loss = losses.mean.data<W>()});
  });
  return losses;
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, double smoothing,
                     const Tensor& weights) {
  Losses losses = forward(logits, targets, smoothing, weights);
  if (Tape* tape = recording({logits})) {
    auto node = std::make_unique<CrossEntropyNode>();
    node->logits = logits;
    node->targets = targets;
    node->lse = losses.lse;
    node->weights = weights;
    node->smoothing = smoothing;
    tape->record(std::move(node), {logits}, {&losses.mean});
  }
  return losses.mean;
}

Tensor cross_entropy_rows(const Tensor& logits, const Tensor& targets, double smoothing) {
  check_constant("cross_entropy_rows", "logits", logits);
  return forward(logits, targets, smoothing, {}).rows;
}

}  // namespace medley::autograd
