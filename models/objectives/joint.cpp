// Lays out the texts of the joint pass. Only indices are handled here.
#include "models/objectives/joint.h"

#include <algorithm>
#include <numeric>

#include "autograd/checks.h"
#include "core/constant.h"
#include "core/error.h"
#include "core/str.h"
#include "kernels/dispatch.h"
#include "kernels/select_texts.h"
#include "models/text/next_token.h"

namespace medley::models {
namespace {

using Ints = std::vector<int32_t>;

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

// Texts of padding behind the picked ones, as many as it can take to fill the rows.
int64_t encoder_padding(const PackedText& text) {
  const int64_t drawn = text.ids.device().kind == Device::Cuda ? text.texts() : 0;
  return 2 * text.padding + drawn;
}

// Where each text of ITM ends among the rows that are wanted from the last layer: its first token,
// nothing of padding. `before` rows, LM's, are wanted too.
Ints ends_of_first(int64_t before, int64_t picked, int64_t padding) {
  Ints ends;
  for (int64_t i = 1; i <= picked + padding; ++i)
    ends.push_back(static_cast<int32_t>(before + std::min(i, picked)));
  return ends;
}

}  // namespace

JointTexts joint_texts(const PackedText& text, const Tensor& negative_images,
                       const Tensor& negative_texts, const SpecialTokens& tokens, bool decode) {
  const int64_t batch = text.texts();
  const Device device = text.ids.device();
  check_negatives("negative_images", negative_images, text.ids, batch);
  check_negatives("negative_texts", negative_texts, text.ids, batch);
  const int64_t longest = text.sequences.longest;
  const int64_t picked = 3 * batch, padding = encoder_padding(text);
  const int64_t decoder_rows = decode ? text.ids.size(0) : 0;
  const int64_t encoder_rows = 2 * text.ids.size(0) + drawn_rows(text, negative_texts, longest);

  Ints each(static_cast<size_t>(batch));
  std::iota(each.begin(), each.end(), 0);
  const Tensor own = constant_indices(each, device);
  const auto zeros = [device](int64_t texts) {
    return constant_indices(Ints(static_cast<size_t>(texts)), device);
  };

  JointTexts joint;
  MedPass& pass = joint.pass;
  pass.ids = Tensor::empty({decoder_rows + encoder_rows}, DType::i32, device);
  pass.positions = Tensor::empty(pass.ids.shape(), DType::i32, device);
  const Tensor cu = Tensor::empty({picked + padding + 1}, DType::i32, device);
  const Tensor first = Tensor::empty({picked}, DType::i32, device);
  const int64_t decoded = decode ? text.sequences.count() : 0;
  std::vector<Tensor> images{own, negative_images, own, zeros(padding)};
  if (decode) images.insert(images.begin(), {own, zeros(text.padding)});
  const Tensor image_of = concat(images);
  kernels::SelectTexts select{.texts = batch,
                              .ids = text.ids.data<int32_t>(),
                              .cu = text.sequences.cu.data<int32_t>(),
                              .longest = longest,
                              .out_first = first.data<int32_t>()};
  if (decode) {
    const Tensor both = Tensor::empty({decoded + cu.size(0)}, DType::i32, device);
    select.picked = batch;
    select.padding = text.padding;
    select.source = own.data<int32_t>();
    select.first_token = tokens.dec;
    select.rows = decoder_rows;
    select.out_ids = pass.ids.data<int32_t>();
    select.out_positions = pass.positions.data<int32_t>();
    select.out_cu = both.data<int32_t>();
    MEDLEY_KERNEL(select_texts, device, select);
    const NextTokens next = next_tokens(text);
    joint.next_token = next.tokens;
    pass.decoder = {text.sequences, decoder_rows, next.rows, next.texts,
                    image_of.slice(0, 0, decoded)};
    // LM's rows change from batch to batch unless the text is padded.
    const Ints ends = ends_of_first(next.tokens.size(0), picked, padding);
    const Tensor rest = text.padding > 0 ? constant_indices(ends, device)
                                         : Tensor::from(ends, {picked + padding}, device);
    pass.both = {
        .texts = {both, longest},
        .rows = pass.ids.size(0),
        .kept = {},
        .kept_texts = {concat({next.texts.cu, rest}), std::max<int64_t>(next.texts.longest, 1)},
        .image_of = image_of};
    select.out_ends = both.slice(0, decoded + 1, both.size(0)).data<int32_t>();
  }

  const Tensor source = concat({own, own, negative_texts});
  select.picked = picked;
  select.padding = padding;
  select.source = source.data<int32_t>();
  select.first_token = tokens.enc;
  select.rows = encoder_rows;
  select.out_ids = pass.ids.slice(0, decoder_rows, pass.ids.size(0)).data<int32_t>();
  select.out_positions = pass.positions.slice(0, decoder_rows, pass.ids.size(0)).data<int32_t>();
  select.out_cu = cu.data<int32_t>();
  select.rows_before = decoder_rows;
  MEDLEY_KERNEL(select_texts, device, select);
  Ints kept = ends_of_first(0, picked, padding);
  kept.insert(kept.begin(), 0);
  pass.encoder = {{cu, longest},
                  encoder_rows,
                  first,
                  {constant_indices(kept, device), 1},
                  image_of.slice(0, decoded, image_of.size(0))};
  Ints match(static_cast<size_t>(picked));
  std::fill_n(match.begin(), batch, 1);
  joint.match = constant_indices(match, device);
  return joint;
}

}  // namespace medley::models
