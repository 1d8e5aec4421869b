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

BatchInfo at_step(int64_t step) { return {9, step, {}, {}}; }

std::vector<float> bits_after_steps(const Preset& p, int threads) {
  set_thread_count(threads);
  Blip blip(p.model, p.losses, {}, DType::f32, {}, 3);
  const Batch batch = random_batch(p.model, 5, 7, DType::f32);
  std::vector<float> all;
  for (int64_t step = 0; step < 2; ++step) {
    const Step s = run_step(blip, batch, at_step(step));
    all.push_back(static_cast<float>(s.total));
  }
  for (const Tensor& t :
       {blip.weights().gradients.flat(), blip.momentum().weights.flat(), blip.queue().image}) {
    const std::vector<float> values = t.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

TEST_CASE("one and several threads give the same bits, dropout included") {
  Preset p = tiny(7);
  p.model.dropout = p.model.drop_path = GENERATE(0.0, 0.2);
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
  Blip fast(p.model, p.losses, {}, DType::f32, {}, 3),
      exact(p.model, p.losses, {}, DType::f64, {}, 3);
  exact.weights().weights.flat().copy_from(fast.weights().weights.flat().to(DType::f64));
  exact.momentum().weights.flat().copy_from(fast.momentum().weights.flat().to(DType::f64));
  exact.queue().image.copy_from(fast.queue().image.to(DType::f64));
  exact.queue().text.copy_from(fast.queue().text.to(DType::f64));
  BatchInfo info = at_step(5);
  info.negative_images = Tensor::from(std::vector<int32_t>{1, 2, 3, 1}, {4});
  info.negative_texts = Tensor::from(std::vector<int32_t>{2, 0, 0, 2}, {4});
  const Step a = run_step(fast, random_batch(p.model, 4, 1, DType::f32), info);
  const Step b = run_step(exact, random_batch(p.model, 4, 1), info);
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
  Blip blip(p.model, p.losses, {}, DType::f64, {}, 3);
  p.losses.momentum = 1;
  Blip frozen(p.model, p.losses, {}, DType::f64, {}, 3);
  BatchInfo info{1, 0, Tensor::from(std::vector<int32_t>{1, 2, 0}, {3}),
                 Tensor::from(std::vector<int32_t>{1, 2, 0}, {3})};
  const Batch batch = random_batch(p.model, 3, 4);
  const double first = run_step(frozen, batch, info).lm, again = run_step(frozen, batch, info).lm;
  CHECK(first == again);
  info.batch = 1;
  CHECK(run_step(frozen, batch, info).lm != first);
  info.batch = 0;
  info.seed = 2;
  CHECK(run_step(frozen, batch, info).lm != first);
}

TEST_CASE("a batch of one, or of unequal sides, is refused in words") {
  const Preset p = tiny(0, true);
  Blip blip(p.model, p.losses, {}, DType::f32, {}, 1);
  Batch one = random_batch(p.model, 2, 1, DType::f32);
  one.images = one.images.slice(0, 0, 1);
  CHECK_THROWS_WITH(blip.pretrain(one, {}), Contains("1 images and 2 captions"));
  one.text = pack({{2, 7, 3}});
  CHECK_THROWS_WITH(blip.pretrain(one, {}), Contains("batch of 1") && Contains("batch_size"));
  Batch small = random_batch(p.model, 2, 1, DType::f32);
  small.images = Tensor::zeros({2, 3, 16, 16});
  CHECK_THROWS_WITH(blip.pretrain(small, {}),
                    Contains("(2, 3, 16, 16)") && Contains("visual_encoder"));
  Batch unnamed = random_batch(p.model, 2, 1, DType::f32);
  unnamed.caption = Tensor();
  CHECK_THROWS_WITH(blip.pretrain(unnamed, {}), Contains("equal_captions"));
}

TEST_CASE("errors name the module they come from") {
  const Preset p = tiny(0);
  Blip blip(p.model, p.losses, {}, DType::f32, {}, 1);
  Batch batch = random_batch(p.model, 2, 1, DType::f32);
  batch.text = pack({{2, 7, 3}, {2, 40, 3}});  // 40 is outside the vocabulary
  CHECK_THROWS_WITH(blip.pretrain(batch, {}), Contains("in blip.text_encoder.embeddings"));
}

TEST_CASE("the temperature is kept in its range") {
  const Preset p = tiny(0);
  Blip blip(p.model, p.losses, {}, DType::f64, {}, 1);
  CHECK(blip.temperature() == Approx(0.07));
  for (const auto& [set, kept] : {std::pair(3.0, 0.5), std::pair(-1.0, 0.001)}) {
    blip.weights().weights.at("temp").copy_from(Tensor::from(std::vector<double>{set}, {}));
    run_step(blip, random_batch(p.model, 2, 1), {});
    CHECK(blip.temperature() == kept);
  }
}
