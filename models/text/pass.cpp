// Passes over packed texts as they are.
#include "models/text/pass.h"

namespace medley::models {

Tensor first_rows(const PackedText& text) { return text.sequences.cu.slice(0, 0, text.texts()); }

std::vector<int32_t> tokens_with_first(const PackedText& text, int32_t token) {
  std::vector<int32_t> tokens = text.tokens;
  size_t row = 0;
  for (const int32_t length : text.lengths) {
    tokens[row] = token;
    row += static_cast<size_t>(length);
  }
  return tokens;
}

Tensor with_first_token(const PackedText& text, int32_t token) {
  return Tensor::from(tokens_with_first(text, token), text.ids.shape(), text.ids.device());
}

MedPass encoder_pass(const PackedText& text, const Tensor& ids) {
  MedPass pass;
  pass.ids = ids;
  pass.positions = text.positions;
  pass.encoder = {text.sequences, ids.size(0), first_rows(text)};
  pass.queries = text.sequences;
  pass.last_queries = autograd::uniform_sequences(text.texts(), 1, ids.device());
  return pass;
}

MedPass with_all_rows(MedPass pass) {
  pass.encoder.kept = pass.decoder.kept = Tensor();
  pass.last_queries = pass.queries;
  return pass;
}

}  // namespace medley::models
