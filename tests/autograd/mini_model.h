// A model that uses every op once or more: pictures and texts through attention into a contrastive
// and a classification loss. Sizes, element type and device are free, so that tests can compare f32
// with f64, one thread with two, Meta with the CPU.
#pragma once

#include <vector>

#include "autograd/nn/parameters.h"
#include "autograd/ops/add.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/ops/patch_embed.h"
#include "autograd/ops/rows.h"
#include "kernels/cross_entropy.h"
#include "tests/autograd/support.h"

namespace medley::autograd::tests {

struct MiniModel {
  static constexpr int64_t kSide = 8, kPatch = 4, kPatches = 4, kTokens = 5, kWords = 11;

  int64_t batch, width;
  DType dtype;
  Device device;
  ParameterBuilder builder;
  Parameter patch, patch_bias, cls, pos, word, text_pos, gain, shift, qkv, qkv_bias, out, kv, temp;
  ParameterStore store;

  MiniModel(int64_t b, int64_t w, DType type, Device where = {})
      : batch(b), width(w), dtype(type), device(where) {
    const Init init = Init::normally(0.3);
    patch = builder.add("patch", {w, 3, kPatch, kPatch}, init);
    patch_bias = builder.add("patch_bias", {w}, init);
    cls = builder.add("cls", {1, 1, w}, init);
    pos = builder.add("pos", {1, 1 + kPatches, w}, init);
    word = builder.add("word", {kWords, w}, init);  // the classifier's matrix as well
    text_pos = builder.add("text_pos", {kTokens, w}, init);
    gain = builder.add("gain", {w}, Init::fill(1));
    shift = builder.add("shift", {w}, {});
    qkv = builder.add("qkv", {3 * w, w}, init);
    qkv_bias = builder.add("qkv_bias", {3 * w}, init);
    out = builder.add("out", {w, w}, init);
    kv = builder.part("kv", "qkv", w, 3 * w);
    temp = builder.add("temp", {1}, Init::fill(0.5));
    store = builder.build(type, where, 1);
  }

  Tensor ids(int64_t count, int64_t limit) const {
    std::vector<int32_t> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<int32_t>((i * 7 + 3) % limit));
    return ints(values).to(device);
  }
  Tensor constant(const Shape& shape, uint32_t sample) const {
    return random_tensor(shape, sample).to(dtype).to(device);
  }

  Tensor block(const Tensor& x, const Sequences& rows, bool causal, uint32_t site) const {
    const kernels::DropoutKey key{.p = 0.2f, .seed = 3, .site = site};
    const Tensor h = layernorm(x, gain, shift, 1e-6);
    const Tensor a = self_attention(linear(h, qkv, qkv_bias), rows,
                                    {.heads = 2, .causal = causal, .dropout = key});
    const Tensor y = linear(a, out, Tensor(), {.gelu = false, .residual = x});
    return add(dropout(linear(y, out, shift, {.gelu = true, .residual = {}}), key), gelu(y));
  }

  Tensor loss() const {
    const int64_t b = batch, rows = 1 + kPatches;
    const Sequences image_rows = uniform_sequences(b, rows, device),
                    text_rows = uniform_sequences(b, kTokens, device);
    const Tensor patches =
        patch_embed(constant({b, 3, kSide, kSide}, 1), patch, patch_bias, cls, pos);
    const Tensor image = block(patches.view({b * rows, width}), image_rows, false, 1);
    const Tensor text = block(embedding(ids(b * kTokens, kWords), ids(b * kTokens, kTokens), word,
                                        text_pos, word.tensor().dtype()),
                              text_rows, true, 2);
    const Tensor seen = cross_attention(text, linear(image, kv, Tensor()), text_rows, image_rows,
                                        ids(b, b), {.heads = 2, .causal = false, .dropout = {}});
    const std::vector<Tensor> halves = split_rows(seen, {b, (kTokens - 1) * b});
    const Tensor logits = linear(concat_rows({halves[1], halves[0]}), word, Tensor());

    ItcInputs in;
    in.image = normalize(gather_rows(image, ids(b, b)));
    in.text = normalize(gather_rows(text, ids(b, b)));
    in.temp = temp;
    in.image_momentum = normalize(constant({b, width}, 2));
    in.text_momentum = normalize(constant({b, width}, 3));
    const Tensor alpha = Tensor::from(std::vector<double>{0.4}, {1}).to(device);
    in.alpha = alpha.data<double>();
    return add(itc(in).loss, cross_entropy(logits, ids(b * kTokens, kWords), 0.1));
  }

  // Forward and backward; the gradients are in store.gradients, which starts at zero.
  double step(size_t* saved = nullptr) const {
    Tape tape;
    Tensor total;
    {
      const Recording recording(tape);
      total = loss();
    }
    if (saved) *saved = tape.saved_bytes();
    tape.backward(total);
    return device.kind == Device::Meta ? 0 : total.item();
  }
};

}  // namespace medley::autograd::tests
