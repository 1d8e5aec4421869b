// Packs captions one behind the other.
#include "models/batch.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"
#include "kernels/cross_entropy.h"

namespace medley::models {
namespace {

int64_t round_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

}  // namespace

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
  if (!text.ids.defined() || text.ids.device() == device) return text;
  PackedText moved = text;
  moved.ids = text.ids.to(device);
  moved.positions = text.positions.to(device);
  moved.sequences.cu = text.sequences.cu.to(device);
  if (text.next.defined()) moved.next = text.next.to(device);
  return moved;
}

PackedText pad(const PackedText& text, int64_t most, int64_t given) {
  if (text.sequences.longest > most)
    throw ValueError(
        str("[pad] a text of ", text.sequences.longest, " tokens is longer than ", most));
  const int64_t longest = std::min(most, round_up(text.sequences.longest, 8));
  const int64_t step = (text.texts() * longest + 7) / 8;
  const int64_t rows = round_up(text.ids.size(0), step);
  PackedText padded = text;
  std::vector<int32_t> positions = text.positions.to_vector<int32_t>(), next;
  for (const int32_t length : text.lengths)
    for (int32_t t = 1; t <= length; ++t)
      next.push_back(t < given || t == length ? kernels::kIgnoredTarget
                                              : text.tokens[next.size() + 1]);
  padded.given = given;
  padded.padding = (text.texts() + 7) / 8;
  for (int64_t i = 0; i < padded.padding; ++i) {
    const int64_t length = std::min(longest, rows - static_cast<int64_t>(positions.size()));
    for (int64_t t = 0; t < length; ++t) positions.push_back(static_cast<int32_t>(t));
    padded.lengths.push_back(static_cast<int32_t>(length));
  }
  padded.tokens.resize(positions.size(), 0);
  next.resize(positions.size(), kernels::kIgnoredTarget);
  padded.ids = Tensor::from(padded.tokens, {rows});
  padded.positions = Tensor::from(positions, {rows});
  padded.next = Tensor::from(next, {rows});
  padded.sequences = {autograd::make_sequences(padded.lengths).cu, longest};
  return padded;
}

Batch to(const Batch& batch, Device device) {
  Batch moved = batch;
  moved.images = batch.images.to(device);
  moved.text = to(batch.text, device);
  if (batch.caption.defined()) moved.caption = batch.caption.to(device);
  moved.answers = to(batch.answers, device);
  if (batch.truth.defined()) moved.truth = batch.truth.to(device);
  return moved;
}

}  // namespace medley::models
