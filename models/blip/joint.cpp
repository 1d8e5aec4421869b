// Lays out the texts of the joint pass. Only indices are handled here, on the host.
#include "models/blip/joint.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"
#include "models/text/next_token.h"

namespace medley::models {
namespace {

void check_negatives(const std::vector<int32_t>& index, size_t batch, const char* what) {
  const auto bad = [&](int32_t i) { return i < 0 || static_cast<size_t>(i) >= batch; };
  if (index.size() != batch || std::any_of(index.begin(), index.end(), bad))
    throw ValueError(str("[pretrain] ", what, " must be ", batch, " indices below ", batch));
}

struct Layout {
  explicit Layout(const PackedText& packed)
      : text(packed), ids(host_values(packed.ids)), start(packed.lengths.size(), 0) {
    for (size_t i = 1; i < start.size(); ++i)
      start[i] = start[i - 1] + static_cast<size_t>(text.lengths[i - 1]);
  }

  void add(size_t i, int32_t first, int32_t image) {
    const auto length = static_cast<size_t>(text.lengths[i]);
    for (size_t t = 0; t < length; ++t) {
      out_ids.push_back(t == 0 ? first : ids[start[i] + t]);
      out_positions.push_back(static_cast<int32_t>(t));
    }
    lengths.push_back(text.lengths[i]);
    images.push_back(image);
  }

  const PackedText& text;
  std::vector<int32_t> ids;
  std::vector<size_t> start;  // row of each text's first token
  std::vector<int32_t> out_ids, out_positions, lengths, images;
};

Tensor tensor(const std::vector<int32_t>& values, Device device) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())}, device);
}

}  // namespace

JointTexts joint_texts(const PackedText& text, const std::vector<int32_t>& negative_images,
                       const std::vector<int32_t>& negative_texts, const SpecialTokens& tokens,
                       bool decode) {
  const size_t batch = text.lengths.size();
  check_negatives(negative_images, batch, "negative_images");
  check_negatives(negative_texts, batch, "negative_texts");
  const Device device = text.ids.device();
  const auto index = [](size_t b) { return static_cast<int32_t>(b); };

  Layout layout(text);
  for (size_t b = 0; b < batch; ++b) layout.add(b, tokens.enc, index(b));
  for (size_t b = 0; b < batch; ++b) layout.add(b, tokens.enc, negative_images[b]);
  for (size_t b = 0; b < batch; ++b)
    layout.add(static_cast<size_t>(negative_texts[b]), tokens.enc, index(b));
  const std::vector<int32_t> match_lengths = layout.lengths;
  const size_t match_rows = layout.out_ids.size();
  for (size_t b = 0; decode && b < batch; ++b) layout.add(b, tokens.dec, index(b));

  // Wanted from the last layer: the first token of ITM's texts, and those of LM's that predict.
  std::vector<int32_t> first, kept_lengths(match_lengths.size(), 1), match;
  int32_t row = 0;
  for (const int32_t length : match_lengths) {
    first.push_back(row);
    row += length;
  }
  for (size_t i = 0; i < 3 * batch; ++i) match.push_back(i < batch ? 1 : 0);

  JointTexts joint;
  MedPass& pass = joint.pass;
  pass.ids = tensor(layout.out_ids, device);
  pass.positions = tensor(layout.out_positions, device);
  pass.encoder = {autograd::make_sequences(match_lengths, device), static_cast<int64_t>(match_rows),
                  tensor(first, device)};
  if (decode) {
    const NextTokens next = next_tokens(text);
    pass.decoder = {text.sequences, text.ids.size(0), next.rows};
    kept_lengths.insert(kept_lengths.end(), next.lengths.begin(), next.lengths.end());
    joint.next_token = next.tokens;
  }
  pass.image_of = tensor(layout.images, device);
  pass.queries = autograd::make_sequences(layout.lengths, device);
  pass.last_queries = autograd::make_sequences(kept_lengths, device);
  joint.match = tensor(match, device);
  return joint;
}

}  // namespace medley::models
