// Records and launches forward and backward.
#include "train/loop/gradient_graph.h"

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

// The next batch of the shape writes over a recording's tensors.
models::BatchResult kept(models::BatchResult result) {
  result.total = result.total.detach().clone();
  for (std::vector<Tensor>* list : {&result.losses, &result.kept})
    for (Tensor& t : *list)
      if (t.defined()) t = t.detach().clone();
  return result;
}

}  // namespace

models::BatchResult GradientGraph::add_gradients(models::Objective& objective,
                                                 const models::Batch& padded, double share) {
  const Device device = objective.device();
  if (!pool_) pool_ = std::make_shared<MemoryPool>(device);
  const auto found =
      std::find_if(recordings_.begin(), recordings_.end(),
                   [&](const Recording& known) { return same_shapes(known.inputs, padded); });
  if (found == recordings_.end()) {
    models::Batch inputs = models::to(padded, device);
    inputs.images = inputs.images.clone();  // they are on the device already, and only for now
    recordings_.emplace_back(std::move(inputs), device, pool_);
    // Not in the pool: what it leaves behind, constants, would lie where older recordings write.
    return kept(models::add_gradients(objective, recordings_.back().inputs, share));
  }
  copy(found->inputs, padded);
  if (!found->graph.captured())
    found->graph.capture(
        [&] { found->result = models::add_gradients(objective, found->inputs, share); });
  found->graph.launch();
  ++launches_;
  return kept(found->result);
}

}  // namespace medley::train
