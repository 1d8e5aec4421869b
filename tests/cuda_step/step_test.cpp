// The whole pre-training step on a CUDA device, by the same model code, against the CPU's: f32
// within rounding, bf16 within its precision, the same bits for every schedule.
#include <cmath>

#include "autograd/dtype_switch.h"
#include "tests/cuda/support.h"
#include "tests/models/support.h"

namespace medley::models::test {
namespace {

using medley::tests::for_each_schedule;
using medley::tests::kCuda;
using medley::tests::no_device;

constexpr int64_t kPairs = 4;

struct Result {
  Step losses;
  std::vector<std::vector<double>> gradients;  // by entry that owns memory
  std::vector<double> queue;

  bool operator==(const Result& other) const {
    return losses.itc == other.losses.itc && losses.itm == other.losses.itm &&
           losses.lm == other.losses.lm && gradients == other.gradients && queue == other.queue;
  }
};

// One step from stirred weights, the same on every device and in every precision.
Result step_on(Device device, DType dtype, const Preset& p) {
  Pretraining objective = pretraining(p, dtype, 3, device);
  stir(objective, 4);
  objective.weights().refresh();
  const At at{5, indices({1, 2, 3, 1}), indices({2, 0, 0, 2})};
  const Batch batch = random_batch(p.model, kPairs, 1, autograd::wide(dtype));
  Result result;
  result.losses = run_step(objective, to(batch, device), at);
  for (const std::string& name : owners(objective.weights()))
    result.gradients.push_back(values(objective.weights().gradients.at(name)));
  result.queue = values(objective.queue().image);
  return result;
}

double length(const std::vector<double>& x) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  return std::sqrt(squares);
}

double distance(const std::vector<double>& x, const std::vector<double>& y) {
  REQUIRE(x.size() == y.size());
  std::vector<double> d(x.size());
  for (size_t i = 0; i < d.size(); ++i) d[i] = x[i] - y[i];
  return length(d);
}

TEST_CASE("step on CUDA: f32 agrees with the CPU", "[cuda_step]") {
  if (no_device()) return;
  Preset p = tiny(7, true);
  p.model.share = GENERATE("all_but_self_attention", "none");
  p.model.dropout = p.model.drop_path = p.model.share == "none" ? 0.1 : GENERATE(0.0, 0.1);
  const Result exact = step_on({}, DType::f64, p), cpu = step_on({}, DType::f32, p),
               device = step_on(kCuda, DType::f32, p);
  CHECK(device.losses.itc == Approx(exact.losses.itc).epsilon(1e-5));
  CHECK(device.losses.itm == Approx(exact.losses.itm).epsilon(1e-5));
  CHECK(device.losses.lm == Approx(exact.losses.lm).epsilon(1e-5));
  CHECK(distance(device.queue, exact.queue) < 1e-5);
  // Gradients that are differences of larger terms are judged by the largest there are.
  double largest = 0;
  for (const auto& gradient : exact.gradients) largest = std::max(largest, length(gradient));
  for (size_t i = 0; i < exact.gradients.size(); ++i) {
    CAPTURE(i, length(exact.gradients[i]));
    CHECK(distance(device.gradients[i], exact.gradients[i]) <=
          3 * distance(cpu.gradients[i], exact.gradients[i]) + 1e-6 * largest);
  }
}

TEST_CASE("step on CUDA: bf16 is near f64", "[cuda_step]") {
  if (no_device()) return;
  const Preset p = tiny(7, true);
  const Result exact = step_on({}, DType::f64, p), device = step_on(kCuda, DType::bf16, p);
  CHECK(device.losses.itc == Approx(exact.losses.itc).epsilon(0.03));
  CHECK(device.losses.itm == Approx(exact.losses.itm).epsilon(0.03));
  CHECK(device.losses.lm == Approx(exact.losses.lm).epsilon(0.01));
  std::vector<double> all, right;
  for (size_t i = 0; i < exact.gradients.size(); ++i) {
    all.insert(all.end(), device.gradients[i].begin(), device.gradients[i].end());
    right.insert(right.end(), exact.gradients[i].begin(), exact.gradients[i].end());
  }
  CHECK(distance(all, right) < 0.05 * length(right));
}

TEST_CASE("step on CUDA: the same bits for every schedule", "[cuda_step]") {
  if (no_device()) return;
  const Preset p = tiny(7, true);
  const DType dtype = GENERATE(DType::f32, DType::bf16);
  for_each_schedule([&] { return step_on(kCuda, dtype, p); });
}

// In bf16 a block's inputs get their gradients by way of a buffer, which rounds sums once more.
TEST_CASE("step on CUDA: recomputed blocks give the same gradients", "[cuda_step]") {
  if (no_device()) return;
  Preset p = tiny(7, true);
  p.model.dropout = p.model.drop_path = 0.1;
  const DType dtype = GENERATE(DType::f32, DType::bf16);
  const Result kept = step_on(kCuda, dtype, p);
  p.model.recompute = true;
  const Result again = step_on(kCuda, dtype, p);
  const bool equal = again == kept;
  CHECK((equal || dtype == DType::bf16));
  CHECK(again.losses.itc + again.losses.itm + again.losses.lm ==
        kept.losses.itc + kept.losses.itm + kept.losses.lm);
  for (size_t i = 0; i < kept.gradients.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(again.gradients[i], kept.gradients[i]) <= 0.005 * length(kept.gradients[i]));
  }
}

TEST_CASE("caption on CUDA: the CPU's words", "[cuda_step]") {
  if (no_device()) return;
  const Preset p = tiny(0);
  const auto said = [&](Device device, int beams) {
    const Blip blip(p.model, {}, DType::f32, device, 3);
    stir(blip.weights(), 4);
    const autograd::NoGrad no_grad;
    const Tensor images = random_batch(p.model, 3, 1, DType::f32).images;
    std::vector<std::vector<int32_t>> ids;
    for (const auto& texts : blip.caption(blip.encode_image(images),
                                          {.max_length = 8, .min_length = 5, .beams = beams}))
      ids.push_back(texts[0].ids);
    return ids;
  };
  for (const int beams : {1, 3}) CHECK(said(kCuda, beams) == said({}, beams));
}

}  // namespace
}  // namespace medley::models::test
