// Lays out the texts of the joint pass. Only indices are handled here.
#include "models/blip/joint.h"

#include <algorithm>
#include <numeric>

#include "autograd/checks.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/select_texts.h"
#include "models/text/next_token.h"

namespace medley::models {
namespace {

using Ints = std::vector<int32_t>;

Tensor tensor(const Ints& values, Device device) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())}, device);
}

void check_negatives(const char* name, const Tensor& index, const Tensor& ids, int64_t batch) {
  autograd::check_range("pretrain", ids, name, index, batch);
  if (index.size(0) != batch)
    throw ValueError(str("[pretrain] ", name, " must be ", batch, " indices below ", batch));
}

// One after the other: integers have no gradient.
Tensor concat(const std::vector<Tensor>& parts) {
  int64_t size = 0, at = 0;
  for (const Tensor& part : parts) size += part.size(0);
  const Tensor all = Tensor::empty({size}, DType::i32, parts.front().device());
  for (const Tensor& part : parts) {
    all.slice(0, at, at + part.size(0)).copy_from(part);
    at += part.size(0);
  }
  return all;
}

// Rows of the drawn texts: all of them where the index can be read, else the most there can be. A
// Meta tensor draws each text once.
int64_t drawn_rows(const PackedText& text, const Tensor& index, int64_t longest) {
  switch (index.device().kind) {
    case Device::Cpu: {
      int64_t rows = 0;
      for (const int32_t i : index.to_vector<int32_t>())
        rows += text.lengths[static_cast<size_t>(i)];
      return rows;
    }
    case Device::Cuda:
      return index.size(0) * longest;
    case Device::Meta:
      break;
  }
  return text.ids.size(0);
}

}  // namespace

JointTexts joint_texts(const PackedText& text, const Tensor& negative_images,
                       const Tensor& negative_texts, const SpecialTokens& tokens, bool decode) {
  const auto batch = static_cast<int64_t>(text.lengths.size());
  const Device device = text.ids.device();
  check_negatives("negative_images", negative_images, text.ids, batch);
  check_negatives("negative_texts", negative_texts, text.ids, batch);
  const int64_t longest = *std::max_element(text.lengths.begin(), text.lengths.end());
  const int64_t picked = 3 * batch, padding = device.kind == Device::Cuda ? batch : 0;
  const int64_t decoder_rows = decode ? text.ids.size(0) : 0;
  const int64_t encoder_rows = 2 * text.ids.size(0) + drawn_rows(text, negative_texts, longest);

  Ints each(static_cast<size_t>(batch));
  std::iota(each.begin(), each.end(), 0);
  const Tensor own = tensor(each, device);

  JointTexts joint;
  MedPass& pass = joint.pass;
  pass.ids = Tensor::empty({decoder_rows + encoder_rows}, DType::i32, device);
  pass.positions = Tensor::empty(pass.ids.shape(), DType::i32, device);
  Ints kept_lengths, match;
  std::vector<Tensor> images;
  if (decode) {
    pass.ids.slice(0, 0, decoder_rows).copy_from(with_first_token(text, tokens.dec));
    pass.positions.slice(0, 0, decoder_rows).copy_from(text.positions);
    NextTokens next = next_tokens(text);
    pass.decoder = {text.sequences, decoder_rows, next.rows};
    kept_lengths = std::move(next.lengths);
    joint.next_token = next.tokens;
    images.push_back(own);
  }
  const Tensor ids = pass.ids.slice(0, decoder_rows, decoder_rows + encoder_rows);
  const Tensor positions = pass.positions.slice(0, decoder_rows, decoder_rows + encoder_rows);
  const Tensor source = concat({own, own, negative_texts});
  const Tensor cu = Tensor::empty({picked + padding + 1}, DType::i32, device);
  const Tensor first = Tensor::empty({picked}, DType::i32, device);
  const int64_t before = decode ? batch : 0;
  const Tensor queries = Tensor::empty({before + cu.size(0)}, DType::i32, device);
  queries.slice(0, 0, before + 1)
      .copy_from(decode ? text.sequences.cu : Tensor::zeros({1}, DType::i32, device));
  const Tensor ends = queries.slice(0, before + 1, queries.size(0));
  MEDLEY_KERNEL(select_texts, device,
                kernels::SelectTexts{.texts = batch,
                                     .ids = text.ids.data<int32_t>(),
                                     .cu = text.sequences.cu.data<int32_t>(),
                                     .longest = longest,
                                     .picked = picked,
                                     .padding = padding,
                                     .source = source.data<int32_t>(),
                                     .first_token = tokens.enc,
                                     .rows = encoder_rows,
                                     .out_ids = ids.data<int32_t>(),
                                     .out_positions = positions.data<int32_t>(),
                                     .out_cu = cu.data<int32_t>(),
                                     .out_first = first.data<int32_t>(),
                                     .rows_before = decoder_rows,
                                     .out_ends = ends.data<int32_t>()});
  pass.encoder = {{cu, longest}, encoder_rows, first};
  pass.queries = {queries, longest};
  images.insert(images.end(), {own, negative_images, own});
  if (padding > 0) images.push_back(Tensor::zeros({padding}, DType::i32, device));
  pass.image_of = concat(images);

  // Wanted from the last layer: LM's tokens that predict, the first token of ITM's texts, nothing
  // of the padding.
  kept_lengths.insert(kept_lengths.end(), static_cast<size_t>(picked), 1);
  kept_lengths.insert(kept_lengths.end(), static_cast<size_t>(padding), 0);
  pass.last_queries = autograd::make_sequences(kept_lengths, device);
  for (int64_t i = 0; i < picked; ++i) match.push_back(i < batch ? 1 : 0);
  joint.match = tensor(match, device);
  return joint;
}

}  // namespace medley::models
