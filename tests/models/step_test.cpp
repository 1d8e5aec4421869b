// The pre-training step as a whole: precision, threads, queue, momentum, refusals.
#include <cstring>

#include "core/error.h"
#include "core/threads.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;
using Catch::Contains;

namespace {

std::vector<float> bits_after_steps(const Preset& p, int threads) {
  set_thread_count(threads);
  Pretraining objective = pretraining(p, DType::f32, 3);
  const Batch batch = random_batch(p.model, 5, 7, DType::f32);
  std::vector<float> all;
  for (int64_t step = 0; step < 2; ++step) {
    const Step s = run_step(objective, batch, {step, {}, {}});
    all.push_back(static_cast<float>(s.total));
  }
  for (const Tensor& t : {objective.weights().gradients.flat(), objective.momentum().weights.flat(),
                          objective.queue().image}) {
    const std::vector<float> values = t.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

TEST_CASE("one and several threads give the same bits, dropout included") {
  Preset p = tiny(7);
  p.model.dropout = p.model.drop_path = GENERATE(0.0, 0.2);
  p.model.share = GENERATE("all_but_self_attention", "none");
  const int before = thread_count();
  const std::vector<float> one = bits_after_steps(p, 1), two = bits_after_steps(p, 2);
  const std::vector<float> three = bits_after_steps(p, 3);
  set_thread_count(before);
  REQUIRE(one.size() == two.size());
  CHECK(std::memcmp(one.data(), two.data(), one.size() * sizeof(float)) == 0);
  CHECK(std::memcmp(one.data(), three.data(), one.size() * sizeof(float)) == 0);
}

TEST_CASE("f32 on the fast kernels agrees with f64 on the reference") {
  const Preset p = tiny(7, true);
  Pretraining fast = pretraining(p, DType::f32, 3), exact = pretraining(p, DType::f64, 3);
  exact.weights().weights.flat().copy_from(fast.weights().weights.flat().to(DType::f64));
  exact.momentum().weights.flat().copy_from(fast.momentum().weights.flat().to(DType::f64));
  exact.queue().image.copy_from(fast.queue().image.to(DType::f64));
  exact.queue().text.copy_from(fast.queue().text.to(DType::f64));
  const At at{5, indices({1, 2, 3, 1}), indices({2, 0, 0, 2})};
  const Step a = run_step(fast, random_batch(p.model, 4, 1, DType::f32), at);
  const Step b = run_step(exact, random_batch(p.model, 4, 1), at);
  CHECK(a.itc == Approx(b.itc).margin(2e-5));
  CHECK(a.itm == Approx(b.itm).margin(2e-5));
  CHECK(a.lm == Approx(b.lm).margin(2e-5));
  for (const std::string& name : owners(fast.weights())) {
    INFO(name);
    const Tensor expected = exact.weights().gradients.at(name);
    double largest = 0;
    for (const double g : values(expected)) largest = std::max(largest, std::abs(g));
    CHECK(largest_difference(fast.weights().gradients.at(name), expected) < 2e-4 * largest + 1e-7);
  }
}

TEST_CASE("dropout is a function of seed and step") {
  Preset p = tiny(0);
  p.model.dropout = 0.3;
  p.losses.momentum = 1;
  const auto blip = std::make_shared<Blip>(p.model, SpecialTokens{}, DType::f64, Device{}, 3);
  Pretraining one(blip, p.losses, 1), other(blip, p.losses, 2);
  At at{0, indices({1, 2, 0}), indices({1, 2, 0})};
  const Batch batch = random_batch(p.model, 3, 4);
  const double first = run_step(one, batch, at).lm, again = run_step(one, batch, at).lm;
  CHECK(first == again);
  CHECK(run_step(other, batch, at).lm != first);
  at.step = 1;
  CHECK(run_step(one, batch, at).lm != first);
}

TEST_CASE("a batch of one, or of unequal sides, is refused in words") {
  const Preset p = tiny(0, true);
  Pretraining objective = pretraining(p, DType::f32, 1);
  Batch one = random_batch(p.model, 2, 1, DType::f32);
  one.images = one.images.slice(0, 0, 1);
  CHECK_THROWS_WITH(run_step(objective, one), Contains("1 images and 2 captions"));
  one.text = pack({{2, 7, 3}});
  CHECK_THROWS_WITH(run_step(objective, one), Contains("batch of 1") && Contains("batch_size"));
  Batch small = random_batch(p.model, 2, 1, DType::f32);
  small.images = Tensor::zeros({2, 3, 16, 16});
  CHECK_THROWS_WITH(run_step(objective, small),
                    Contains("(2, 3, 16, 16)") && Contains("visual_encoder"));
  Batch unnamed = random_batch(p.model, 2, 1, DType::f32);
  unnamed.caption = Tensor();
  CHECK_THROWS_WITH(run_step(objective, unnamed), Contains("equal_captions"));
}

TEST_CASE("errors name the module they come from") {
  const Preset p = tiny(0);
  Pretraining objective = pretraining(p, DType::f32, 1);
  Batch batch = random_batch(p.model, 2, 1, DType::f32);
  batch.text = pack({{2, 7, 3}, {2, 40, 3}});  // 40 is outside the vocabulary
  CHECK_THROWS_WITH(run_step(objective, batch), Contains("in blip.text_encoder.embeddings"));
}

TEST_CASE("the temperature is kept in its range") {
  const Preset p = tiny(0);
  Pretraining objective = pretraining(p, DType::f64, 1);
  CHECK(objective.blip().temperature() == Approx(0.07));
  for (const auto& [set, kept] : {std::pair(3.0, 0.5), std::pair(-1.0, 0.001)}) {
    objective.weights().weights.at("temp").copy_from(Tensor::from(std::vector<double>{set}, {}));
    objective.set_prepared(-1);
    run_step(objective, random_batch(p.model, 2, 1));
    CHECK(objective.blip().temperature() == kept);
  }
}
