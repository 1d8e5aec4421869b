// Records and launches training steps.
#include "train/loop/step_graph.h"

#include <array>

namespace medley::train {
namespace {

// What a recording reads of a batch.
std::array<Tensor, 6> tensors_of(const models::Batch& batch) {
  const models::PackedText& text = batch.text;
  return {batch.images, batch.caption, text.ids, text.positions, text.sequences.cu, text.next};
}

bool same_shapes(const models::Batch& a, const models::Batch& b) {
  const auto x = tensors_of(a), y = tensors_of(b);
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i].defined() != y[i].defined()) return false;
    if (x[i].defined() && x[i].shape() != y[i].shape()) return false;
  }
  return true;
}

void copy(const models::Batch& to, const models::Batch& from) {
  const auto x = tensors_of(to), y = tensors_of(from);
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i].defined()) x[i].copy_from(y[i]);
}

}  // namespace

StepOutcome StepGraph::step(TrainingState& state, const models::Batch& batch, double lr) {
  const models::Batch padded = step_batch(state, batch);
  begin_step(state, lr);
  if (!same_shapes(inputs_, padded)) {
    tensors_ = {};
    graph_.reset();
    inputs_ = models::to(padded, state.device());
    return finish_step(state, batch, queue_step(state, inputs_, {}), lr);
  }
  copy(inputs_, padded);
  if (!graph_ || !graph_->captured()) {
    graph_.emplace(state.device());
    graph_->capture([&] { tensors_ = queue_step(state, inputs_, {}); });
  }
  graph_->launch();
  ++launches_;
  return finish_step(state, batch, tensors_, lr);
}

}  // namespace medley::train
