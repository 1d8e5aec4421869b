// Encoder and decoder that share weights (ModelConfig::share) against two that share none and have
// copies of them: the same losses, gradients that add up, the same captions and scores.
#include <map>

#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

namespace {

const char* const kSharing[] = {"all", "all_but_cross_attention", "all_but_self_attention"};

Preset shared_as(const std::string& share) {
  Preset p = tiny(0);
  p.model.share = share;
  return p;
}

// Of a weight of the model that shares nothing, the one that takes its place: its own name, or the
// encoder's, which its joined matrices go by.
std::string shared_name(const ArenaLayout& layout, const std::string& name) {
  if (layout.contains(name))
    return layout.entry(name).owner.empty() ? name : layout.entry(name).owner;
  const std::string decoder = "text_decoder.bert.";
  REQUIRE(name.starts_with(decoder));
  return "text_encoder." + name.substr(decoder.size());
}

// Weights of `none` become those of `shared`.
void copy_weights(const autograd::ParameterStore& shared, const autograd::ParameterStore& none) {
  for (const std::string& name : owners(none))
    none.weights.at(name).detach().copy_from(
        shared.weights.at(shared_name(shared.layout(), name)).detach());
}

}  // namespace

TEST_CASE("sharing: losses are those of two copies, and gradients their sums") {
  const char* const share = GENERATE(kSharing[0], kSharing[1], kSharing[2]);
  CAPTURE(share);
  Pretraining shared = pretraining(shared_as(share), DType::f64, 3),
              none = pretraining(shared_as("none"), DType::f64, 3);
  stir(shared, 4);
  copy_weights(shared.weights(), none.weights());
  none.momentum().weights.flat().copy_from(shared.momentum().weights.flat());

  const Batch batch = random_batch(shared.blip().model(), 5, 2);
  const At at{4, indices({3, 0, 3, 2, 1}), indices({1, 3, 0, 0, 2})};
  const Step one = run_step(shared, batch, at), two = run_step(none, batch, at);
  CHECK(one.itc == Approx(two.itc).margin(1e-12));
  CHECK(one.itm == Approx(two.itm).margin(1e-12));
  CHECK(one.lm == Approx(two.lm).margin(1e-12));

  std::map<std::string, std::vector<double>> sums;  // by name in the model that shares
  for (const std::string& name : owners(none.weights())) {
    const std::vector<double> gradient = values(none.weights().gradients.at(name));
    std::vector<double>& sum = sums[shared_name(shared.weights().layout(), name)];
    sum.resize(gradient.size());
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += gradient[i];
  }
  CHECK(sums.size() == owners(shared.weights()).size());
  for (const auto& [name, sum] : sums) {
    INFO(name);
    const Tensor gradient = shared.weights().gradients.at(name);
    CHECK(largest_difference(gradient, Tensor::from(sum, gradient.shape())) < 1e-12);
  }
}

TEST_CASE("sharing: captions, their attention and the scores of pairs are those of two copies") {
  const char* const share = GENERATE(kSharing[0], kSharing[1], kSharing[2]);
  CAPTURE(share);
  const Blip shared(shared_as(share).model, {}, DType::f64, {}, 3),
      none(shared_as("none").model, {}, DType::f64, {}, 5);
  stir(shared.weights(), 4);
  copy_weights(shared.weights(), none.weights());
  const Batch batch = random_batch(shared.model(), 4, 1);
  const Tensor images = shared.encode_image(batch.images);
  for (const GenerateOptions& options : {GenerateOptions{.max_length = 9, .beams = 3},
                                         GenerateOptions{.max_length = 9, .sample = true}}) {
    const auto one = shared.caption(images, options), two = none.caption(images, options);
    for (size_t i = 0; i < one.size(); ++i) {
      CHECK(one[i][0].ids == two[i][0].ids);
      CHECK(one[i][0].score == Approx(two[i][0].score).margin(1e-12));
    }
  }
  const Tensor first = images.slice(0, 0, 1).contiguous();
  CHECK(largest_difference(shared.caption_attention(first, {7, 9, 11}),
                           none.caption_attention(first, {7, 9, 11})) < 1e-12);
  const Tensor image_of = indices({0, 1, 2, 3});
  CHECK(largest_difference(shared.match(images, batch.text, image_of),
                           none.match(images, batch.text, image_of)) < 1e-12);
  CHECK(largest_difference(shared.text_features(batch.text), none.text_features(batch.text)) <
        1e-12);
}

TEST_CASE("sharing none: only the decoder writes captions, and only the encoder judges them") {
  const Blip blip(shared_as("none").model, {}, DType::f64, {}, 3);
  stir(blip.weights(), 4);
  const Batch batch = random_batch(blip.model(), 4, 1);
  const Tensor images = blip.encode_image(batch.images), image_of = indices({0, 1, 2, 3});
  const Tensor one = images.slice(0, 0, 1).contiguous();
  const NextTokens next = next_tokens(batch.text);
  struct Seen {
    Tensor scores, attention, match;
  };
  const auto look = [&] {
    return Seen{blip.decode(images, batch.text, next), blip.caption_attention(one, {7, 9, 11}),
                blip.match(images, batch.text, image_of)};
  };
  using Changed = std::vector<bool>;  // scores, attention, match
  const auto change = [&](const std::string& part) {
    const Seen before = look();
    for (const std::string& name : owners(blip.weights()))
      if (name.starts_with(part)) {
        const Tensor weight = blip.weights().weights.at(name).detach();
        std::vector<double> changed = values(weight);
        for (double& w : changed) w *= 1.1;
        weight.copy_from(Tensor::from(changed, weight.shape()));
      }
    const Seen after = look();
    return Changed{largest_difference(before.scores, after.scores) > 1e-6,
                   largest_difference(before.attention, after.attention) > 1e-6,
                   largest_difference(before.match, after.match) > 1e-6};
  };
  for (const std::string part : {"embeddings.", "encoder.layer.0.attention.",
                                 "encoder.layer.0.crossattention.", "encoder.layer.0.output."}) {
    CAPTURE(part);
    CHECK(change("text_decoder.bert." + part) == Changed{true, true, false});
    CHECK(change("text_encoder." + part) == Changed{false, false, true});
  }
}
