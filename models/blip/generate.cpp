// Decoding with a key/value cache.
#include "models/blip/generate.h"

#include "core/scope.h"

namespace medley::models {
namespace {

Tensor indices(const std::vector<int32_t>& values, Device device) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())}, device);
}

}  // namespace

StepDecoder::StepDecoder(const Med& med, const Tensor& image_rows, int64_t images,
                         int64_t max_tokens, int64_t width)
    : med_(med),
      images_(images),
      max_tokens_(max_tokens),
      width_(width),
      device_(image_rows.device()),
      image_sequences_(
          autograd::uniform_sequences(images, image_rows.size(0) / images, image_rows.device())) {
  for (const MedLayer& layer : med.layers()) {
    cross_.push_back(layer.cross.kv(image_rows));
    cache_.push_back(Tensor::empty({images * max_tokens, 2 * width}, image_rows.dtype(), device_));
  }
}

Tensor StepDecoder::step(const std::vector<int32_t>& active, const std::vector<int32_t>& tokens) {
  const Scope tower(med_.decoder_name());
  const auto n = static_cast<int64_t>(active.size());
  const autograd::Sequences queries = autograd::uniform_sequences(n, 1, device_);
  // The cache has two blocks a text: the rows that are filled, and the rest, which no query attends
  // to.
  std::vector<int32_t> blocks, own_block;
  for (int64_t i = 0; i < images_; ++i) {
    blocks.push_back(static_cast<int32_t>(position_ + 1));
    blocks.push_back(static_cast<int32_t>(max_tokens_ - position_ - 1));
  }
  for (const int32_t i : active) own_block.push_back(2 * i);
  const autograd::Sequences cached = autograd::make_sequences(blocks, device_);
  const Tensor cache_of = indices(own_block, device_), image_of = indices(active, device_);

  Tensor x = med_.embed(
      indices(tokens, device_),
      indices(std::vector<int32_t>(active.size(), static_cast<int32_t>(position_)), device_));
  for (size_t l = 0; l < med_.layers().size(); ++l) {
    const Scope scope("layer", static_cast<int64_t>(l));
    const MedLayer& layer = med_.layers()[l];
    const Tensor qkv = layer.decoder.qkv(x);
    for (int64_t i = 0; i < n; ++i) {
      const int64_t row = active[static_cast<size_t>(i)] * max_tokens_ + position_;
      cache_[l]
          .slice(0, row, row + 1)
          .copy_from(qkv.slice(0, i, i + 1).slice(1, width_, 3 * width_));
    }
    const Tensor context = autograd::cross_attention(
        qkv.slice(1, 0, width_).contiguous(), cache_[l], queries, cached, cache_of,
        {.heads = layer.decoder.heads, .causal = false, .dropout = {}});
    x = layer.decoder.finish(context, x, {});
    x = layer.feed_forward(layer.cross(x, cross_[l], queries, image_sequences_, image_of, {}, {}));
  }
  ++position_;
  return med_.logits(x);
}

}  // namespace medley::models
