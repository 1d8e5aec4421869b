// Padded text: the same step as without padding.
#include "core/error.h"
#include "kernels/cross_entropy.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

using Ids = std::vector<int32_t>;

namespace {

constexpr int32_t kNothing = kernels::kIgnoredTarget;

}  // namespace

TEST_CASE("padding: texts of at most the longest fill the rows behind the captions") {
  const PackedText text = pad(pack({{2, 10, 3}, {2, 11, 12, 3}, {2, 3}}), 5);
  CHECK(text.texts() == 3);
  CHECK(text.padding == 3);
  CHECK(text.ids.to_vector<int32_t>() == Ids{2, 10, 3, 2, 11, 12, 3, 2, 3, 0, 0, 0, 0, 0, 0});
  CHECK(text.positions.to_vector<int32_t>() == Ids{0, 1, 2, 0, 1, 2, 3, 0, 1, 0, 1, 2, 3, 4, 0});
  CHECK(text.next.to_vector<int32_t>() == Ids{10, 3, kNothing, 11, 12, 3, kNothing, 3, kNothing,
                                              kNothing, kNothing, kNothing, kNothing, kNothing,
                                              kNothing});
  CHECK(text.sequences.cu.to_vector<int32_t>() == Ids{0, 3, 7, 9, 14, 15, 15});
  CHECK(text.sequences.longest == 5);
  CHECK_THROWS_WITH(pad(pack({{2, 11, 12, 3}}), 3), Catch::Contains("4 tokens"));
}

TEST_CASE("padding changes no loss, no gradient and no feature of the queue") {
  const Preset p = tiny(7, true);
  Blip exact(p.model, p.losses, {}, DType::f64, {}, 3),
      padded(p.model, p.losses, {}, DType::f64, {}, 3);
  for (Blip* blip : {&exact, &padded}) stir(*blip, 4);
  StepInfo info;
  info.step = 5;
  info.negative_images = Tensor::from(Ids{1, 2, 3, 1}, {4});
  info.negative_texts = Tensor::from(Ids{2, 0, 0, 2}, {4});
  Batch batch = random_batch(p.model, 4, 1);
  const Step a = run_step(exact, batch, info);
  batch.text = pad(batch.text, p.model.max_tokens);
  const Step b = run_step(padded, batch, info);
  CHECK(a.itc == Approx(b.itc).epsilon(1e-13));
  CHECK(a.itm == Approx(b.itm).epsilon(1e-13));
  CHECK(a.lm == Approx(b.lm).epsilon(1e-13));
  CHECK(largest_difference(exact.queue().text, padded.queue().text) == 0);
  CHECK(largest_difference(exact.weights().gradients.flat(), padded.weights().gradients.flat()) <
        1e-13);
}
