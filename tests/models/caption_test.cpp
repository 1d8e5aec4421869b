// Greedy captions and what the decoder looks at.
#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;
using Catch::Contains;

namespace {

ModelConfig sharing(const std::string& share) {
  ModelConfig model = tiny(0).model;
  model.share = share;
  return model;
}

struct Captioner {
  explicit Captioner(uint64_t seed, const std::string& share = "all_but_self_attention")
      : blip(sharing(share), {}, DType::f64, {}, seed) {
    stir(blip.weights(), seed);
    images = blip.encode_image(random_batch(blip.model(), 6, seed).images);
  }
  Blip blip;
  Tensor images;  // [6, N, C]
};

// The next token by a new pass over the whole text, for one image.
int32_t next_token(Blip& blip, const Tensor& image_tokens, std::vector<int32_t> read) {
  const Med& med = blip.towers().text;
  read.insert(read.begin(), 4);
  const PackedText text = pack({read});
  MedPass pass;
  pass.ids = text.ids;
  pass.positions = text.positions;
  pass.decoder = {text.sequences, text.ids.size(0), {}, text.sequences, {}};
  pass.image = image_tokens.view({image_tokens.size(1), image_tokens.size(2)});
  pass.images = autograd::uniform_sequences(1, image_tokens.size(1));
  const Tensor scores = med.logits(med.forward(pass));
  const std::vector<double> all = values(scores);
  const auto row = all.end() - blip.model().vocab_size;
  return static_cast<int32_t>(std::max_element(row, all.end()) - row);
}

}  // namespace

TEST_CASE("greedy with cache equals greedy without, over images that end at different times") {
  const std::string share = GENERATE("all_but_self_attention", "none");
  size_t shorter = 0, longest = 0;
  for (const uint64_t seed : {1, 2, 3}) {
    Captioner c(seed, share);
    // A bias towards [SEP] ends some captions early.
    const Tensor bias = c.blip.weights().weights.at("text_decoder.cls.predictions.bias");
    bias.data<double>()[3] += 0.5;
    const std::vector<int32_t> prompt =
        seed == 3 ? std::vector<int32_t>{9, 12} : std::vector<int32_t>{};
    const auto captions = c.blip.caption(c.images, {.max_length = 9}, prompt);
    REQUIRE(captions.size() == 6);
    for (size_t i = 0; i < captions.size(); ++i) {
      std::vector<int32_t> expected = prompt;
      while (expected.size() < 8) {
        const auto row = static_cast<int64_t>(i);
        const int32_t token =
            next_token(c.blip, c.images.slice(0, row, row + 1).contiguous(), expected);
        if (token == 3) break;
        expected.push_back(token);
      }
      CHECK(captions[i][0].ids == expected);
      (captions[i][0].ids.size() < 8 ? shorter : longest) += 1;
    }
  }
  CHECK(shorter > 0);
  CHECK(longest > 0);
}

TEST_CASE("captions take no more tokens than there are positions") {
  Captioner c(1);
  CHECK_THROWS_WITH(c.blip.caption(c.images, {.max_length = 13}), Contains("max_positions = 12"));
  CHECK_THROWS_WITH(c.blip.caption(c.images, {.max_length = 3}, {7, 8}),
                    Contains("max_length is 3"));
  for (const auto& caption : c.blip.caption(c.images, {.max_length = 2}))
    CHECK(caption[0].ids.size() <= 1);
}

TEST_CASE("attention over the image sums to one and is the decoder's own") {
  Captioner c(2);
  const Tensor one = c.images.slice(0, 0, 1).contiguous();
  const std::vector<int32_t> caption{7, 9, 11};
  const Tensor attention = c.blip.caption_attention(one, caption);
  CHECK(attention.shape() == Shape{3, c.images.size(1)});
  const std::vector<double> p = values(attention);
  for (size_t row = 0; row < 3; ++row) {
    const auto at = p.begin() + static_cast<int64_t>(row) * c.images.size(1);
    CHECK(std::accumulate(at, at + c.images.size(1), 0.0) == Approx(1));
  }
  // Row 0 has read [DEC] alone, so it is the same for every caption; row 1 has read the first word.
  const Tensor other = c.blip.caption_attention(one, {8, 9, 11});
  CHECK(largest_difference(attention.slice(0, 0, 1), other.slice(0, 0, 1)) < 1e-12);
  CHECK(largest_difference(attention.slice(0, 1, 2), other.slice(0, 1, 2)) > 1e-6);
  CHECK_THROWS_AS(c.blip.caption_attention(c.images, caption), ValueError);
  CHECK_THROWS_AS(c.blip.caption_attention(one, {}), ValueError);
}

TEST_CASE("matching scores pairs as the step does") {
  Preset p = tiny(0);
  Pretraining objective = pretraining(p, DType::f64, 4);
  stir(objective, 4);
  const Blip& blip = objective.blip();
  const Batch batch = random_batch(p.model, 3, 4);
  const Tensor logits =
      losses_of(objective, batch, {0, indices({1, 2, 0}), indices({2, 0, 1})}).kept[0];
  const Tensor images = blip.encode_image(batch.images);
  CHECK(largest_difference(blip.match(images, batch.text, indices({0, 1, 2})),
                           logits.slice(0, 0, 3)) < 1e-12);
  CHECK(largest_difference(blip.match(images, batch.text, indices({1, 2, 0})),
                           logits.slice(0, 3, 6)) < 1e-12);
  // Several texts against one image.
  const Tensor one = images.slice(0, 0, 1).contiguous();
  CHECK(largest_difference(blip.match(one, batch.text, indices({0, 0, 0})).slice(0, 0, 1),
                           logits.slice(0, 0, 1)) < 1e-12);
}
