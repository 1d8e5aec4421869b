// The smallest proof that everything pulls in one direction: eight pairs are learnt by heart.
#include "kernels/adamw.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

TEST_CASE("a tiny model learns eight pairs by heart") {
  Preset p = tiny(0, true);
  p.losses.momentum_warmup = true;
  p.losses.alpha = 0;
  p.losses.label_smoothing = 0;
  Pretraining objective = pretraining(p, DType::f32, 1);
  const Batch batch = random_batch(p.model, 8, 1, DType::f32);
  const Tensor weights = objective.weights().weights.flat(),
               gradients = objective.weights().gradients.flat();
  const Tensor m = Tensor::zeros(weights.shape()), v = Tensor::zeros(weights.shape());
  Step first, last;
  for (int64_t step = 0; step < 120; ++step) {
    last = run_step(objective, batch, {step, {}, {}});
    if (step == 0) first = last;
    kernels::cpu::adamw(kernels::AdamW<float>{.n = weights.elements(),
                                              .weight = weights.data<float>(),
                                              .gradient = gradients.data<float>(),
                                              .m = m.data<float>(),
                                              .v = v.data<float>(),
                                              .step = step + 1,
                                              .lr = 5e-3,
                                              .decay = 0});
    weights.bump_version();
  }
  CHECK(first.lm > 3);
  CHECK(last.itc < 0.5);
  CHECK(last.lm < 0.5);
  CHECK(last.itm < 0.5);
  const Tensor images = objective.blip().encode_image(batch.images);
  const auto captions = objective.blip().caption(images, {.max_length = p.model.max_tokens});
  const std::vector<std::vector<int32_t>> right = random_captions(p.model, 8, 1);
  size_t exact = 0;
  for (size_t b = 0; b < 7; ++b) {
    std::vector<int32_t> said = captions[b][0].ids;
    said.insert(said.begin(), 2);
    said.push_back(3);
    exact += said == right[b];
  }
  CHECK(exact >= 6);
}
