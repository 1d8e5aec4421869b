// Padded text: the same step as without padding.
#include <set>

#include "core/error.h"
#include "kernels/cross_entropy.h"
#include "models/objectives/captioning.h"
#include "models/objectives/step.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

using Ids = std::vector<int32_t>;

namespace {

constexpr int32_t kNothing = kernels::kIgnoredTarget;

}  // namespace

TEST_CASE("padding: rows up to the next eighth, behind the captions") {
  const PackedText text = pad(pack({{2, 10, 3}, {2, 11, 12, 3}}), 12);
  CHECK(text.texts() == 2);
  CHECK(text.padding == 1);
  CHECK(text.sequences.longest == 8);
  CHECK(text.ids.to_vector<int32_t>() == Ids{2, 10, 3, 2, 11, 12, 3, 0});
  CHECK(text.positions.to_vector<int32_t>() == Ids{0, 1, 2, 0, 1, 2, 3, 0});
  CHECK(text.next.to_vector<int32_t>() == Ids{10, 3, kNothing, 11, 12, 3, kNothing, kNothing});
  CHECK(text.sequences.cu.to_vector<int32_t>() == Ids{0, 3, 7, 8});
  CHECK(with_first_token(text, 5).to_vector<int32_t>() == Ids{5, 10, 3, 5, 11, 12, 3, 0});
  CHECK(pad(pack({{2, 10, 3}, {2, 11, 12, 3}}), 12, 2).next.to_vector<int32_t>() ==
        Ids{kNothing, 3, kNothing, kNothing, 12, 3, kNothing, kNothing});
  CHECK_THROWS_WITH(pad(pack({{2, 11, 12, 3}}), 3), Catch::Contains("4 tokens"));
}

TEST_CASE("padding: texts of one token, texts of the most, and the shapes between") {
  std::set<std::pair<int64_t, int64_t>> shapes;
  for (const int32_t length : {1, 2, 5, 8, 9, 19, 20})
    for (const int32_t others : {1, length}) {
      std::vector<Ids> captions(18, Ids(static_cast<size_t>(others), 2));
      captions[0].resize(static_cast<size_t>(length), 2);
      const PackedText text = pad(pack(captions), 20);
      CHECK(text.texts() == 18);
      const Ids cu = text.sequences.cu.to_vector<int32_t>();
      CHECK(cu.back() == text.ids.size(0));
      for (size_t i = 0; i + 1 < cu.size(); ++i) {
        CHECK(cu[i + 1] - cu[i] == text.lengths[i]);
        CHECK(text.lengths[i] <= text.sequences.longest);
      }
      shapes.emplace(text.sequences.longest, text.ids.size(0));
    }
  CHECK(shapes.size() == 8);
}

TEST_CASE("padding changes no loss and no gradient of captioning with a prompt") {
  const ModelConfig model = tiny(0).model;
  const auto step = [&](bool padded, int64_t given) {
    const auto blip = std::make_shared<Blip>(model, SpecialTokens{}, DType::f64, Device{}, 3);
    stir(blip->weights(), 4);
    Captioning objective(blip, 0.1, 3, 1);
    Batch batch = random_batch(model, 4, 1);
    if (padded) batch.text = pad(batch.text, model.max_tokens, given);
    objective.begin(0, 0);
    const double loss = add_gradients(objective, batch, 1).total.item();
    return std::pair(loss, blip->weights().gradients.flat());
  };
  const auto [exact, gradients] = step(false, 3);
  const auto [padded, with_padding] = step(true, 3);
  CHECK(exact == Approx(padded).epsilon(1e-13));
  CHECK(largest_difference(gradients, with_padding) < 1e-13);
  CHECK_THROWS_WITH(step(true, 1), Catch::Contains("predict after 1 tokens, not after 3"));
}

TEST_CASE("padding changes no loss, no gradient and no feature of the queue") {
  const Preset p = tiny(7, true);
  Pretraining exact = pretraining(p, DType::f64, 3), padded = pretraining(p, DType::f64, 3);
  for (Pretraining* objective : {&exact, &padded}) stir(*objective, 4);
  const At at{5, indices({1, 2, 3, 1}), indices({2, 0, 0, 2})};
  Batch batch = random_batch(p.model, 4, 1);
  const Step a = run_step(exact, batch, at);
  batch.text = pad(batch.text, p.model.max_tokens);
  const Step b = run_step(padded, batch, at);
  CHECK(a.itc == Approx(b.itc).epsilon(1e-13));
  CHECK(a.itm == Approx(b.itm).epsilon(1e-13));
  CHECK(a.lm == Approx(b.lm).epsilon(1e-13));
  CHECK(largest_difference(exact.queue().text, padded.queue().text) == 0);
  CHECK(largest_difference(exact.weights().gradients.flat(), padded.weights().gradients.flat()) <
        1e-13);
}
