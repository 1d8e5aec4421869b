// Indices of language modelling, on the host.
#include "models/text/next_token.h"

#include "core/error.h"
#include "core/str.h"

namespace medley::models {

NextTokens next_tokens(const PackedText& text, int64_t given) {
  if (text.next.defined()) {
    if (given != text.given)
      throw ValueError(str("[next_tokens] the text is padded to predict after ", text.given,
                           " tokens, not after ", given),
                       "give pad() the same number");
    return {Tensor(), text.next, text.lengths, text.sequences};
  }
  std::vector<int32_t> rows, tokens;
  NextTokens next;
  int32_t start = 0;
  for (const int32_t length : text.lengths) {
    const size_t before = rows.size();
    for (int32_t t = 0; t + 1 < length; ++t) {
      if (t + 1 < given) continue;
      rows.push_back(start + t);
      tokens.push_back(text.tokens[static_cast<size_t>(start + t + 1)]);
    }
    next.lengths.push_back(static_cast<int32_t>(rows.size() - before));
    start += length;
  }
  const Shape shape{static_cast<int64_t>(rows.size())};
  next.rows = Tensor::from(rows, shape, text.ids.device());
  next.tokens = Tensor::from(tokens, shape, text.ids.device());
  next.texts = autograd::make_sequences(next.lengths, text.ids.device());
  return next;
}

MedPass decoder_pass(const PackedText& text, int32_t dec, const NextTokens& wanted) {
  MedPass pass;
  pass.ids = with_first_token(text, dec);
  pass.positions = text.positions;
  pass.decoder = {.texts = text.sequences,
                  .rows = text.ids.size(0),
                  .kept = wanted.rows,
                  .kept_texts = wanted.texts,
                  .image_of = {}};
  return pass;
}

}  // namespace medley::models
