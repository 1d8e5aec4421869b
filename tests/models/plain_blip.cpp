// The original's separate passes.
#include "plain_blip.h"

#include <algorithm>

#include "autograd/ops/add.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/itc.h"
#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/ops/patch_embed.h"
#include "autograd/ops/rows.h"
#include "kernels/cross_entropy.h"

namespace medley::models::test {
namespace ag = medley::autograd;
namespace {

using Captions = std::vector<std::vector<int32_t>>;

Tensor index(const std::vector<int32_t>& rows) {
  return Tensor::from(rows, {static_cast<int64_t>(rows.size())});
}

Captions unpack(const PackedText& text) {
  const std::vector<int32_t> ids = text.ids.to_vector<int32_t>();
  Captions captions;
  auto at = ids.begin();
  for (const int32_t length : text.lengths) {
    captions.emplace_back(at, at + length);
    at += length;
  }
  return captions;
}

Captions starting_with(Captions captions, int32_t token) {
  for (auto& ids : captions) ids[0] = token;
  return captions;
}

std::vector<int32_t> starts(const PackedText& text) {
  std::vector<int32_t> rows;
  int32_t row = 0;
  for (const int32_t length : text.lengths) {
    rows.push_back(row);
    row += length;
  }
  return rows;
}

// Rows of whole images, in the given order.
std::vector<int32_t> image_rows(const std::vector<int32_t>& images, int64_t N) {
  std::vector<int32_t> rows;
  for (const int32_t i : images)
    for (int64_t n = 0; n < N; ++n) rows.push_back(static_cast<int32_t>(i * N + n));
  return rows;
}

}  // namespace

PlainBlip::PlainBlip(Pretraining& objective)
    : model_(objective.blip().model()),
      losses_(objective.config()),
      queue_(objective.queue()),
      layout_(objective.weights().layout()),
      momentum_layout_(objective.momentum().layout()) {
  for (const std::string& name : owners(objective.weights())) {
    Leaf leaf{objective.weights().weights.at(name).clone(), {}};
    leaf.gradient = Tensor::zeros(leaf.tensor.shape(), leaf.tensor.dtype());
    ag::make_leaf(leaf.tensor, leaf.gradient, name);
    leaves_[name] = leaf;
  }
  for (const std::string& name : owners(objective.momentum()))
    leaves_[name] = {objective.momentum().weights.at(name).clone(), {}};
  for (Tensor* t : {&queue_.image, &queue_.text, &queue_.caption}) *t = t->clone();
}

const Tensor& PlainBlip::at(const std::string& name) const {
  const ArenaLayout& layout = layout_.contains(name) ? layout_ : momentum_layout_;
  const std::string& owner = layout.entry(name).owner;
  return leaves_.at(owner.empty() ? name : owner).tensor;
}

Tensor PlainBlip::linear(const Tensor& x, const std::string& name) const {
  return ag::linear(x, at(name + ".weight"), at(name + ".bias"));
}

Tensor PlainBlip::norm(const Tensor& x, const std::string& name, double eps) const {
  return ag::layernorm(x, at(name + ".weight"), at(name + ".bias"), eps);
}

Tensor PlainBlip::vit(const Tensor& images, const std::string& root) const {
  const int64_t B = images.size(0), N = model_.tokens_per_image();
  Tensor x = ag::patch_embed(images, at(root + ".patch_embed.proj.weight"),
                             at(root + ".patch_embed.proj.bias"), at(root + ".cls_token"),
                             at(root + ".pos_embed"))
                 .view({B * N, model_.vit_width});
  for (int64_t i = 0; i < model_.vit_depth; ++i) {
    const std::string block = root + ".blocks." + std::to_string(i);
    const Tensor qkv = linear(norm(x, block + ".norm1", 1e-6), block + ".attn.qkv");
    const Tensor context =
        ag::self_attention(qkv, ag::uniform_sequences(B, N),
                           {.heads = model_.vit_heads, .causal = false, .dropout = {}});
    x = ag::add(x, linear(context, block + ".attn.proj"));
    const Tensor hidden = ag::gelu(linear(norm(x, block + ".norm2", 1e-6), block + ".mlp.fc1"));
    x = ag::add(x, linear(hidden, block + ".mlp.fc2"));
  }
  return norm(x, root + ".norm", 1e-6);
}

Tensor PlainBlip::bert(const PackedText& text, const std::string& root, const Image* image,
                       bool causal) const {
  const ag::AttentionOptions heads{.heads = model_.text_heads, .causal = false, .dropout = {}};
  const std::string embeddings = root + ".embeddings";
  Tensor x =
      norm(ag::embedding(text.ids, text.positions, at(embeddings + ".word_embeddings.weight"),
                         at(embeddings + ".position_embeddings.weight"),
                         at(embeddings + ".position_embeddings.weight").dtype()),
           embeddings + ".LayerNorm", 1e-12);
  for (int64_t i = 0; i < model_.text_depth; ++i) {
    const std::string at_layer = ".encoder.layer." + std::to_string(i), layer = root + at_layer;
    // A decoder's query, key and value have no joined name where the memory is the encoder's.
    const auto joined = [&](const std::string& part) {
      return causal && !layout_.contains(layer + part + ".weight")
                 ? "text_encoder" + at_layer + part
                 : layer + part;
    };
    ag::AttentionOptions self = heads;
    self.causal = causal;
    const Tensor own =
        ag::self_attention(linear(x, joined(".attention.self.qkv")), text.sequences, self);
    x = norm(ag::add(linear(own, layer + ".attention.output.dense"), x),
             layer + ".attention.output.LayerNorm", 1e-12);
    if (image != nullptr) {
      const std::string cross = layer + ".crossattention";
      const Tensor seen =
          ag::cross_attention(linear(x, cross + ".self.query"),
                              linear(image->tokens, joined(".crossattention.self.kv")),
                              text.sequences, image->sequences, Tensor(), heads);
      x = norm(ag::add(linear(seen, cross + ".output.dense"), x), cross + ".output.LayerNorm",
               1e-12);
    }
    const Tensor hidden = ag::gelu(linear(x, layer + ".intermediate.dense"));
    x = norm(ag::add(linear(hidden, layer + ".output.dense"), x), layer + ".output.LayerNorm",
             1e-12);
  }
  return x;
}

Tensor PlainBlip::feature(const Tensor& hidden, const Tensor& rows,
                          const std::string& projection) const {
  return ag::normalize(linear(ag::gather_rows(hidden, rows), projection));
}

PlainBlip::Losses PlainBlip::step(const Batch& batch, const At& given) {
  const int64_t B = batch.images.size(0), N = model_.tokens_per_image();
  const double t = static_cast<double>(given.step + 1);
  const double keep =
      losses_.momentum_warmup ? std::min(losses_.momentum, t / (t + 9)) : losses_.momentum;
  for (const ArenaEntry& entry : momentum_layout_.entries()) {
    if (!entry.owner.empty()) continue;
    const size_t dot = entry.name.find('.');
    const Tensor& average = leaves_.at(entry.name).tensor;
    const std::vector<double> now =
        values(at(entry.name.substr(0, dot - 2) + entry.name.substr(dot)));
    std::vector<double> mixed = values(average);
    for (size_t i = 0; i < mixed.size(); ++i) mixed[i] = keep * mixed[i] + (1 - keep) * now[i];
    average.copy_from(Tensor::from(mixed, average.shape()));
  }

  const Tensor class_rows = index([&] {
    std::vector<int32_t> rows;
    for (int64_t b = 0; b < B; ++b) rows.push_back(static_cast<int32_t>(b * N));
    return rows;
  }());
  const Tensor image = vit(batch.images, "visual_encoder");
  const Tensor text_rows = index(starts(batch.text));
  ag::ItcInputs itc;
  itc.image = feature(image, class_rows, "vision_proj");
  itc.text = feature(bert(batch.text, "text_encoder", nullptr, false), text_rows, "text_proj");
  itc.image_momentum = feature(vit(batch.images, "visual_encoder_m"), class_rows, "vision_proj_m");
  itc.text_momentum =
      feature(bert(batch.text, "text_encoder_m", nullptr, false), text_rows, "text_proj_m");
  itc.temp = at("temp");
  const bool has_queue = losses_.queue_size > 0;
  if (has_queue) {
    itc.image_queue = queue_.image;
    itc.text_queue = queue_.text;
  }
  if (losses_.equal_captions) {
    itc.caption = batch.caption;
    if (has_queue) itc.queue_caption = queue_.caption;
  }
  const double alpha = losses_.alpha * std::min(1.0, static_cast<double>(given.step) /
                                                         static_cast<double>(losses_.alpha_steps));
  itc.alpha = &alpha;

  const std::vector<int32_t> negative_images = given.negative_images.to_vector<int32_t>();
  const std::vector<int32_t> negative_texts = given.negative_texts.to_vector<int32_t>();
  const Captions captions = unpack(batch.text);
  const Captions enc = starting_with(captions, 5);
  Captions two = enc;
  for (const int32_t b : negative_texts) two.push_back(enc[static_cast<size_t>(b)]);
  std::vector<int32_t> own(static_cast<size_t>(B));
  for (size_t b = 0; b < own.size(); ++b) own[b] = static_cast<int32_t>(b);
  std::vector<int32_t> both = negative_images;
  both.insert(both.end(), own.begin(), own.end());

  const Image images{image, ag::uniform_sequences(B, N)};
  const Image negatives{ag::gather_rows(image, index(image_rows(both, N))),
                        ag::uniform_sequences(2 * B, N)};
  const PackedText positive_text = pack(enc), negative_text = pack(two);
  const Tensor positive = ag::gather_rows(bert(positive_text, "text_encoder", &images, false),
                                          index(starts(positive_text)));
  const Tensor negative = ag::gather_rows(bert(negative_text, "text_encoder", &negatives, false),
                                          index(starts(negative_text)));
  std::vector<int32_t> match(static_cast<size_t>(3 * B), 0);
  std::fill(match.begin(), match.begin() + B, 1);

  // Scores for every row; the last token of each text has no target.
  const PackedText dec = pack(starting_with(captions, 4));
  const std::string head = "text_decoder.cls.predictions";
  const Tensor states = norm(
      ag::gelu(linear(bert(dec, "text_decoder.bert", &images, true), head + ".transform.dense")),
      head + ".transform.LayerNorm", 1e-12);
  std::vector<int32_t> targets;
  for (const auto& ids : captions) {
    targets.insert(targets.end(), ids.begin() + 1, ids.end());
    targets.push_back(kernels::kIgnoredTarget);
  }

  Losses losses;
  losses.itc = ag::itc(itc).loss;
  losses.itm =
      ag::cross_entropy(linear(ag::concat_rows({positive, negative}), "itm_head"), index(match));
  losses.lm =
      ag::cross_entropy(linear(states, head + ".decoder"), index(targets), losses_.label_smoothing);
  losses.total = ag::add(ag::add(losses.itc, losses.itm), losses.lm);
  return losses;
}

}  // namespace medley::models::test
