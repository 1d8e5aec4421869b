// A step of each fine-tuning on a CUDA device, by the same model code, against the CPU's: losses
// and gradients.
#include <cmath>

#include "autograd/dtype_switch.h"
#include "models/objectives/answering.h"
#include "models/objectives/captioning.h"
#include "models/objectives/reasoning.h"
#include "models/objectives/step.h"
#include "tests/cuda/support.h"
#include "tests/models/support.h"

namespace medley::models::test {
namespace {

using medley::tests::kCuda;
using medley::tests::no_device;

using MakeObjective = std::unique_ptr<Objective>(DType, Device);

ModelConfig small() {
  ModelConfig c = tiny(0).model;
  c.image_size = 16;
  c.max_tokens = 6;
  c.dropout = c.drop_path = 0.1;
  return c;
}

std::unique_ptr<Objective> captioning(DType dtype, Device device) {
  return std::make_unique<Captioning>(
      std::make_shared<Blip>(small(), SpecialTokens{}, dtype, device, 3), 0.1, /*given=*/2, 1);
}

std::unique_ptr<Objective> answering(DType dtype, Device device) {
  return std::make_unique<Answering>(
      std::make_shared<Vqa>(small(), SpecialTokens{}, dtype, device, 3), 0.1, 1);
}

// The second of its two layers merges the pictures by a matrix.
std::unique_ptr<Objective> reasoning(DType dtype, Device device) {
  return std::make_unique<Reasoning>(
      std::make_shared<Nlvr>(small(), SpecialTokens{}, dtype, device, 3), 1);
}

// What the three ask for: two texts, each with a picture or two and answers of its own.
Batch batch_of(const Objective& objective, DType dtype) {
  const bool pairs = std::holds_alternative<std::shared_ptr<Nlvr>>(objective.model());
  Batch batch = random_batch(small(), pairs ? 4 : 2, 1, dtype);
  batch.text = pack({{2, 10, 11, 12, 3}, {2, 13, 14, 3}});
  batch.answers = pack({{2, 20, 3}, {2, 21, 22, 3}, {2, 23, 3}});
  batch.question_of = {0, 0, 1};
  batch.answer_weights = {0.7, 0.3, 1};
  batch.truth = indices({1, 0});
  return batch;
}

struct Step {
  double loss = 0;
  std::vector<double> gradients;
};

Step step(MakeObjective* make, DType dtype, Device device = {}) {
  const std::unique_ptr<Objective> objective = make(dtype, device);
  stir(objective->weights(), 4);
  objective->weights().refresh();
  objective->begin(2, 2);
  const Batch batch = to(batch_of(*objective, autograd::wide(dtype)), device);
  const BatchResult result = add_gradients(*objective, batch, 1);
  return {result.total.item(), values(objective->weights().gradients.flat())};
}

double distance(const std::vector<double>& x, const std::vector<double>& y) {
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) squares += (x[i] - y[i]) * (x[i] - y[i]);
  return std::sqrt(squares);
}

TEST_CASE("fine-tuning on CUDA: losses and gradients of a step are the CPU's", "[cuda_step]") {
  if (no_device()) return;
  MakeObjective* const make = GENERATE(captioning, answering, reasoning);
  const Step exact = step(make, DType::f64), cpu = step(make, DType::f32),
             device = step(make, DType::f32, kCuda), half = step(make, DType::bf16, kCuda);
  const double length = distance(exact.gradients, std::vector<double>(exact.gradients.size()));
  CHECK(length > 0);
  CHECK(device.loss == Approx(exact.loss).epsilon(1e-5));
  CHECK(distance(device.gradients, exact.gradients) <=
        3 * distance(cpu.gradients, exact.gradients) + 1e-6 * length);
  CHECK(half.loss == Approx(exact.loss).epsilon(0.03));
  CHECK(distance(half.gradients, exact.gradients) < 0.05 * length);
}

}  // namespace
}  // namespace medley::models::test
