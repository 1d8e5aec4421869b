// What golden values do not say of generation: limits, damage, draws.
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "models/generation/beam_search.h"
#include "models/generation/scores.h"
#include "models/objectives/captioning.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;
using Catch::Contains;

namespace {

struct Captioner {
  explicit Captioner(uint64_t seed) : blip(tiny(0).model, {}, DType::f64, {}, seed) {
    stir(blip.weights(), seed);
    images = blip.encode_image(random_batch(blip.model(), 5, seed).images);
  }
  Blip blip;
  Tensor images;
};

std::vector<std::vector<int32_t>> ids_of(const std::vector<std::vector<Generated>>& texts) {
  std::vector<std::vector<int32_t>> ids;
  for (const auto& of_image : texts)
    for (const Generated& text : of_image) ids.push_back(text.ids);
  return ids;
}

}  // namespace

TEST_CASE("generation: options out of range are refused with their value") {
  Captioner c(1);
  struct Case {
    GenerateOptions options;
    const char* message;
  };
  for (const Case& each :
       {Case{{.max_length = 1}, "max_length is 1"},
        {{.max_length = 99}, "max_positions = 12"},
        {{.max_length = 6, .min_length = 7}, "min_length is 7"},
        {{.max_length = 6, .beams = 0}, "beams is 0"},
        {{.max_length = 6, .beams = 2, .sample = true}, "sampling takes one"},
        {{.max_length = 6, .returned = 2}, "returned is 2"},
        {{.max_length = 6, .sample = true, .temperature = 0}, "temperature is 0"},
        {{.max_length = 6, .sample = true, .top_k = -1}, "top_k is -1"},
        {{.max_length = 6, .sample = true, .top_p = 1.5}, "top_p is 1.5"},
        {{.max_length = 6, .repetition_penalty = 0}, "repetition_penalty is 0"}})
    CHECK_THROWS_WITH(c.blip.caption(c.images, each.options), Contains(each.message));
  CHECK_THROWS_WITH(c.blip.caption(c.images, {.max_length = 6}, {}, {1, 2}),
                    Contains("2 streams for 5"));
  CHECK(c.blip.caption(c.images.slice(0, 0, 0).contiguous(), {.max_length = 6}).empty());
}

TEST_CASE("generation: weights that are no numbers are an error, not a caption") {
  Captioner c(2);
  c.blip.weights().weights.at("text_decoder.cls.predictions.bias").data<double>()[3] =
      std::numeric_limits<double>::quiet_NaN();
  for (const GenerateOptions& options :
       {GenerateOptions{.max_length = 6}, GenerateOptions{.max_length = 6, .beams = 3},
        GenerateOptions{.max_length = 6, .sample = true}})
    CHECK_THROWS_AS(c.blip.caption(c.images, options), NonFiniteError);
}

TEST_CASE("generation: a sample depends on its seed, stream and place among the returned") {
  Captioner c(3);
  const GenerateOptions options{
      .max_length = 12, .sample = true, .top_k = 0, .top_p = 1, .seed = 5, .returned = 3};
  const auto all = c.blip.caption(c.images, options, {}, {10, 11, 12, 13, 14});
  const auto one = c.blip.caption(c.images.slice(0, 3, 4).contiguous(), options, {}, {13});
  CHECK(ids_of({all[3]}) == ids_of(one));
  CHECK(ids_of(c.blip.caption(c.images, options, {}, {10, 11, 12, 13, 14})) == ids_of(all));
  const std::vector<std::vector<int32_t>> different = ids_of({all[3]});
  CHECK(std::set(different.begin(), different.end()).size() == 3);
  CHECK(ids_of(c.blip.caption(c.images.slice(0, 3, 4).contiguous(), options, {}, {14})) !=
        ids_of(one));
  GenerateOptions reseeded = options;
  reseeded.seed = 6;
  CHECK(ids_of(c.blip.caption(c.images, reseeded, {}, {10, 11, 12, 13, 14})) != ids_of(all));
}

TEST_CASE("generation: draws follow the probabilities that the filters left") {
  std::vector<double> scores{0, std::log(2.0), std::log(4.0), std::log(3.0)};
  GenerateOptions options{.sample = true, .top_k = 3, .top_p = 1};
  keep_likely(scores, options);
  std::map<int32_t, int> drawn;
  constexpr int kDraws = 9000;
  for (int i = 0; i < kDraws; ++i) ++drawn[draw(scores, (i + 0.5) / kDraws)];
  CHECK(drawn[0] == 0);
  CHECK(drawn[1] == kDraws * 2 / 9);
  CHECK(drawn[2] == kDraws * 4 / 9);
  CHECK(drawn[3] == kDraws * 3 / 9);
  CHECK(draw(scores, 0) == 1);
  CHECK(draw(scores, std::nextafter(1.0, 0.0)) == 3);
}

// A model whose next token's scores depend on the last token alone: all texts can be listed.
TEST_CASE("generation: wide beams find the best of all texts") {
  constexpr size_t kWords = 4;
  constexpr int32_t kEnd = 3;
  const double next[kWords][kWords] = {
      {0.1, 1.9, -0.4, 0.3}, {1.2, -0.7, 0.8, 1.1}, {-0.2, 0.6, 1.4, 0.9}, {0, 0, 0, 0}};
  const auto row = [&](int32_t last) {
    std::vector<double> scores(next[last], next[last] + kWords);
    log_softmax(scores);
    return scores;
  };
  constexpr size_t kLongest = 5;
  double best = -1e9;
  const auto list = [&](const auto& self, std::vector<int32_t> ids, double sum) -> void {
    const std::vector<double> scores = row(ids.back());
    const auto length = static_cast<double>(ids.size());
    best = std::max(best, (sum + scores[kEnd]) / length);
    if (ids.size() + 1 == kLongest) return;
    for (int32_t token = 0; token < kEnd; ++token) {
      std::vector<int32_t> longer = ids;
      longer.push_back(token);
      self(self, longer, sum + scores[static_cast<size_t>(token)]);
    }
  };
  list(list, {0}, 0);
  // Enough beams for every text, and a last step that ends them.
  const GenerateOptions options{.max_length = kLongest, .beams = 40};
  BeamSearch search(options, {0}, kEnd);
  std::vector<std::vector<int32_t>> texts(40, {0});
  for (size_t length = 1; length < kLongest; ++length) {
    std::vector<double> scores;
    for (const auto& text : texts)
      for (const double s : row(text.back())) scores.push_back(s);
    const auto choices = search.advance(scores);
    if (choices.empty()) break;
    std::vector<std::vector<int32_t>> grown;
    for (const auto& choice : choices) {
      grown.push_back(texts[choice.parent]);
      grown.back().push_back(choice.token);
    }
    texts = std::move(grown);
  }
  double found = -1e9;
  for (const Generated& text : search.finish()) found = std::max(found, text.score);
  CHECK(found >= best - 1e-12);
}

TEST_CASE("a model for inference captions as its training twin does, and no objective takes it") {
  Captioner c(4);
  const Preset p = tiny(0);
  const auto twin = std::make_shared<Blip>(p.model, SpecialTokens{}, DType::f64, Device{});
  CHECK_FALSE(twin->weights().gradients.flat().defined());
  twin->weights().weights.flat().copy_from(c.blip.weights().weights.flat());
  const GenerateOptions options{.max_length = 8, .beams = 2};
  CHECK(ids_of(twin->caption(c.images, options)) == ids_of(c.blip.caption(c.images, options)));
  CHECK_THROWS_WITH(Pretraining(twin, p.losses, 1), Contains("for inference only"));
  CHECK_THROWS_WITH(Captioning(twin, 0.1, 1, 1), Contains("for inference only"));
}
