// Decoding with a key/value cache.
#include "models/generation/decoder.h"

#include "autograd/ops/rows.h"
#include "core/scope.h"

namespace medley::models {
namespace {

Tensor indices(const std::vector<int32_t>& values, Device device) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())}, device);
}

}  // namespace

StepDecoder::StepDecoder(const Med& med, const Memory& memory, int64_t texts, int64_t max_length,
                         int64_t width)
    : med_(med),
      memory_(memory.sequences),
      texts_(texts),
      slots_(memory.count() * texts),
      max_length_(max_length),
      width_(width) {
  for (const TextLayer& layer : med.decoder().layers)
    layers_.push_back(
        {layer.cross.kv(memory.rows),
         Tensor::empty({slots_ * max_length, 2 * width}, memory.rows.dtype(), memory.rows.device()),
         {}});
}

void StepDecoder::store(const Tensor& qkv, const std::vector<int32_t>& slots, int64_t n,
                        Tensor& cache) const {
  const Tensor kv = qkv.slice(1, width_, 3 * width_);
  for (size_t i = 0; i < slots.size(); ++i) {
    const int64_t row = slots[i] * max_length_ + length_, from = static_cast<int64_t>(i) * n;
    cache.slice(0, row, row + n).copy_from(kv.slice(0, from, from + n));
  }
}

Tensor StepDecoder::feed(const std::vector<int32_t>& slots, const std::vector<int32_t>& tokens) {
  const Scope tower(med_.decoder().name);
  const auto count = static_cast<int64_t>(slots.size());
  const int64_t n = static_cast<int64_t>(tokens.size()) / count;
  const Device device = layers_[0].memory.device();
  std::vector<int32_t> positions, last_rows, memory_of, cache_of;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t t = 0; t < n; ++t) positions.push_back(static_cast<int32_t>(length_ + t));
    last_rows.push_back(static_cast<int32_t>(i * n + n - 1));
    const int32_t slot = slots[static_cast<size_t>(i)];
    memory_of.push_back(static_cast<int32_t>(slot / texts_));
    cache_of.push_back(2 * slot);
  }
  // Two blocks a slot: the rows that are filled, and the rest, which nothing attends to.
  std::vector<int32_t> blocks;
  for (int64_t slot = 0; slot < slots_; ++slot) {
    blocks.push_back(static_cast<int32_t>(length_ + n));
    blocks.push_back(static_cast<int32_t>(max_length_ - length_ - n));
  }
  const autograd::Sequences queries = autograd::uniform_sequences(count, n, device);
  const autograd::Sequences cached = autograd::make_sequences(blocks, device);
  const Tensor memory_index = indices(memory_of, device), cache_index = indices(cache_of, device);

  Tensor x = med_.decoder().embed(indices(tokens, device), indices(positions, device));
  for (size_t l = 0; l < layers_.size(); ++l) {
    const Scope scope("layer", static_cast<int64_t>(l));
    const TextLayer& layer = med_.decoder().layers[l];
    const Tensor qkv = layer.self.qkv(x);
    store(qkv, slots, n, layers_[l].cache);
    const Tensor context = autograd::cross_attention(
        qkv.slice(1, 0, width_).contiguous(), layers_[l].cache, queries, cached, cache_index,
        {.heads = layer.self.heads, .causal = true, .dropout = {}});
    x = layer.self.finish(context, x, {});
    x = layer.feed_forward(
        layer.cross(x, layers_[l].memory, queries, memory_, memory_index, {}, {}));
  }
  length_ += n;
  return med_.logits(n == 1 ? x : autograd::gather_rows(x, indices(last_rows, device)));
}

void StepDecoder::move(const std::vector<int32_t>& from, const std::vector<int32_t>& to) {
  if (from == to) return;
  for (Layer& layer : layers_) {
    if (!layer.spare.defined())
      layer.spare = Tensor::empty(layer.cache.shape(), layer.cache.dtype(), layer.cache.device());
    for (size_t i = 0; i < from.size(); ++i) {
      const int64_t source = from[i] * max_length_, target = to[i] * max_length_;
      layer.spare.slice(0, target, target + length_)
          .copy_from(layer.cache.slice(0, source, source + length_));
    }
    std::swap(layer.cache, layer.spare);
  }
}

}  // namespace medley::models
