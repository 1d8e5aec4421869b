// Packs captions one behind the other.
#include "models/batch.h"

#include "core/error.h"
#include "core/str.h"

namespace medley::models {

PackedText pack(const std::vector<std::vector<int32_t>>& captions, Device device) {
  PackedText text;
  std::vector<int32_t> positions;
  for (size_t i = 0; i < captions.size(); ++i) {
    if (captions[i].empty())
      throw ValueError(str("[pack] caption ", i, " of ", captions.size(), " has no tokens"),
                       "a caption has [CLS] and [SEP] at least: use Tokenizer::encode_caption");
    for (size_t t = 0; t < captions[i].size(); ++t) {
      text.tokens.push_back(captions[i][t]);
      positions.push_back(static_cast<int32_t>(t));
    }
    text.lengths.push_back(static_cast<int32_t>(captions[i].size()));
  }
  const Shape shape{static_cast<int64_t>(text.tokens.size())};
  text.ids = Tensor::from(text.tokens, shape, device);
  text.positions = Tensor::from(positions, shape, device);
  text.sequences = autograd::make_sequences(text.lengths, device);
  return text;
}

PackedText to(const PackedText& text, Device device) {
  if (text.ids.device() == device) return text;
  PackedText moved = text;
  moved.ids = text.ids.to(device);
  moved.positions = text.positions.to(device);
  moved.sequences = autograd::make_sequences(text.lengths, device);
  return moved;
}

Batch to(const Batch& batch, Device device) {
  Batch moved = batch;
  moved.images = batch.images.to(device);
  moved.text = to(batch.text, device);
  if (batch.caption.defined()) moved.caption = batch.caption.to(device);
  return moved;
}

}  // namespace medley::models
