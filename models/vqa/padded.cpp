// Questions padded to one length, as the original's batches are: the padding is masked as keys, but
// has states of its own, which the original's answer decoder reads when it generates.
#include <algorithm>

#include "core/scope.h"
#include "models/vqa/vqa.h"

namespace medley::models {

Memory Vqa::read_padded(const Tensor& image_tokens, const PackedText& questions, int32_t pad,
                        Blip::FirstToken first) {
  const autograd::NoGrad no_grad;
  const Scope scope("vqa");
  const std::vector<int32_t> given =
      first == Blip::FirstToken::enc ? tokens_with_first(questions, tokens_.enc) : questions.tokens;
  const int32_t longest = *std::max_element(questions.lengths.begin(), questions.lengths.end());
  // Two blocks of keys a question: its own, and the padding's, which nothing attends to.
  std::vector<int32_t> ids, positions, blocks, own_block, image_of;
  auto from = given.begin();
  for (const int32_t length : questions.lengths) {
    own_block.push_back(static_cast<int32_t>(blocks.size()));
    image_of.push_back(static_cast<int32_t>(image_of.size()));
    blocks.push_back(length);
    blocks.push_back(longest - length);
    ids.insert(ids.end(), from, from + length);
    ids.insert(ids.end(), static_cast<size_t>(longest - length), pad);
    from += length;
    for (int32_t t = 0; t < longest; ++t) positions.push_back(t);
  }
  const auto index = [&](const std::vector<int32_t>& values) {
    return Tensor::from(values, {static_cast<int64_t>(values.size())}, device_);
  };
  const auto count = static_cast<int64_t>(questions.lengths.size());
  const int64_t width = config_.text_width;
  const autograd::Sequences texts = autograd::uniform_sequences(count, longest, device_);
  const autograd::Sequences keys = autograd::make_sequences(blocks, device_);
  const autograd::Sequences images =
      autograd::uniform_sequences(image_tokens.size(0), image_tokens.size(1), device_);
  const Tensor image_rows =
      image_tokens.view({image_tokens.size(0) * image_tokens.size(1), image_tokens.size(2)});
  const Tensor keys_of = index(own_block), images_of = index(image_of);

  Tensor x = encoder_.encoder().embed(index(ids), index(positions));
  for (const TextLayer& layer : encoder_.encoder().layers) {
    const Tensor qkv = layer.self.qkv(x);
    const Tensor context = autograd::cross_attention(
        qkv.slice(1, 0, width).contiguous(), qkv.slice(1, width, 3 * width).contiguous(), texts,
        keys, keys_of, {.heads = layer.self.heads, .causal = false, .dropout = {}});
    x = layer.self.finish(context, x, {});
    x = layer.feed_forward(
        layer.cross(x, layer.cross.kv(image_rows), texts, images, images_of, {}, {}));
  }
  return {x, texts};
}

}  // namespace medley::models
