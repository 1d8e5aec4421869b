// Passes over packed texts as they are.
#include "models/text/pass.h"

#include <numeric>

#include "core/constant.h"
#include "kernels/dispatch.h"
#include "kernels/select_texts.h"

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
  const Device device = text.ids.device();
  std::vector<int32_t> each(static_cast<size_t>(text.texts()));
  std::iota(each.begin(), each.end(), 0);
  const Tensor source = constant_indices(each, device);
  // The kernel writes all that a packed text has; but for the ids it is what the text has already.
  const auto make = [&](int64_t size) { return Tensor::empty({size}, DType::i32, device); };
  const Tensor ids = make(text.ids.size(0)), positions = make(text.ids.size(0)),
               cu = make(text.sequences.cu.size(0)), first = make(text.texts());
  MEDLEY_KERNEL(select_texts, device,
                kernels::SelectTexts{.texts = text.texts(),
                                     .ids = text.ids.data<int32_t>(),
                                     .cu = text.sequences.cu.data<int32_t>(),
                                     .longest = text.sequences.longest,
                                     .picked = text.texts(),
                                     .padding = text.padding,
                                     .source = source.data<int32_t>(),
                                     .first_token = token,
                                     .rows = ids.size(0),
                                     .out_ids = ids.data<int32_t>(),
                                     .out_positions = positions.data<int32_t>(),
                                     .out_cu = cu.data<int32_t>(),
                                     .out_first = first.data<int32_t>()});
  return ids;
}

MedPass encoder_pass(const PackedText& text, const Tensor& ids) {
  MedPass pass;
  pass.ids = ids;
  pass.positions = text.positions;
  pass.encoder = {.texts = text.sequences,
                  .rows = ids.size(0),
                  .kept = first_rows(text),
                  .kept_texts = autograd::uniform_sequences(text.texts(), 1, ids.device()),
                  .image_of = {}};
  return pass;
}

MedPass with_all_rows(MedPass pass) {
  for (TextGroup* group : {&pass.decoder, &pass.encoder, &pass.both}) {
    group->kept = Tensor();
    group->kept_texts = group->texts;
  }
  return pass;
}

}  // namespace medley::models
