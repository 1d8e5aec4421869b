// Records and launches training steps.
#include "train/loop/step_graph.h"

#include <algorithm>
#include <array>

namespace medley::train {
namespace {

// What a recording reads of a batch.
std::array<Tensor, 6> tensors_of(const models::Batch& batch) {
  const models::PackedText& text = batch.text;
  return {batch.images, batch.caption, text.ids, text.positions, text.sequences.cu, text.next};
}

bool same_shapes(const models::Batch& a, const models::Batch& b) {
  if (a.text.sequences.longest != b.text.sequences.longest) return false;
  const auto x = tensors_of(a), y = tensors_of(b);
  return std::equal(x.begin(), x.end(), y.begin(), [](const Tensor& p, const Tensor& q) {
    return p.defined() == q.defined() && (!p.defined() || p.shape() == q.shape());
  });
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
  if (!pool_) pool_ = std::make_shared<MemoryPool>(state.device());
  const auto found =
      std::find_if(recordings_.begin(), recordings_.end(),
                   [&](const Recording& known) { return same_shapes(known.inputs, padded); });
  if (found == recordings_.end()) {
    recordings_.emplace_back(models::to(padded, state.device()), state.device(), pool_);
    // Not in the pool: what it leaves behind, constants, would lie where older recordings write.
    return finish_step(state, batch, queue_step(state, recordings_.back().inputs, {}), lr);
  }
  copy(found->inputs, padded);
  if (!found->graph.captured())
    found->graph.capture([&] { found->tensors = queue_step(state, found->inputs, {}); });
  found->graph.launch();
  ++launches_;
  return finish_step(state, batch, found->tensors, lr);
}

}  // namespace medley::train
