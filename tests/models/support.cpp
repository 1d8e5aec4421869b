// Small models and batches for the tests of models/.
#include "support.h"

#include <algorithm>
#include <cmath>

#include "core/philox.h"
#include "models/objectives/step.h"

namespace medley::models::test {

std::vector<std::vector<int32_t>> random_captions(const ModelConfig& model, int64_t B,
                                                  uint64_t seed) {
  Random random(seed, Purpose::test, 1);
  std::vector<std::vector<int32_t>> captions;
  for (int64_t b = 0; b < B; ++b) {
    const auto words = 1 + random.below(static_cast<uint32_t>(model.max_tokens - 2));
    std::vector<int32_t> ids{2};
    for (uint32_t w = 0; w < words; ++w)
      ids.push_back(kFirstWord + static_cast<int32_t>(random.below(
                                     static_cast<uint32_t>(model.vocab_size - kFirstWord))));
    ids.push_back(3);
    captions.push_back(std::move(ids));
  }
  return captions;
}

Batch random_batch(const ModelConfig& model, int64_t B, uint64_t seed, DType dtype) {
  Random random(seed, Purpose::test, 2);
  const Shape shape{B, 3, model.image_size, model.image_size};
  std::vector<double> pixels(static_cast<size_t>(shape.elements()));
  for (double& p : pixels) p = static_cast<float>(random.normal());
  std::vector<std::vector<int32_t>> captions = random_captions(model, B, seed);
  std::vector<int64_t> ids(captions.size());
  for (size_t b = 0; b < ids.size(); ++b) ids[b] = static_cast<int64_t>(b) + 100;
  captions.back() = captions.front();
  ids.back() = ids.front();
  Batch batch;
  batch.images = Tensor::from(pixels, shape).to(dtype);
  batch.text = pack(captions);
  batch.caption = Tensor::from(ids, {B});
  batch.samples = ids;
  return batch;
}

namespace {

void stir_with(const autograd::ParameterStore& store, Random& random) {
  for (const std::string& name : owners(store)) {
    if (name == "temp") continue;
    const Tensor weight = store.weights.at(name).detach();
    std::vector<double> changed = values(weight);
    for (double& w : changed) w += 0.1 * random.normal();
    weight.copy_from(Tensor::from(changed, weight.shape()).to(weight.dtype()));
  }
}

void set(Pretraining& objective, const At& at) {
  const Device device = objective.device();
  const auto there = [device](const Tensor& t) { return t.defined() ? t.to(device) : t; };
  objective.negative_images = there(at.negative_images);
  objective.negative_texts = there(at.negative_texts);
}

}  // namespace

void stir(Pretraining& objective, uint64_t seed) {
  Random random(seed, Purpose::test, 3);
  stir_with(objective.weights(), random);
  stir_with(objective.momentum(), random);
}

void stir(const autograd::ParameterStore& store, uint64_t seed) {
  Random random(seed, Purpose::test, 3);
  stir_with(store, random);
}

Pretraining pretraining(const Preset& p, DType dtype, uint64_t seed, Device device) {
  return Pretraining(
      std::make_shared<Blip>(p.model, SpecialTokens{}, dtype, device, seed, p.losses.temperature),
      p.losses, seed);
}

Tensor indices(const std::vector<int32_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

Step run_step(Pretraining& objective, const Batch& batch, const At& at) {
  set(objective, at);
  Step step;
  StepPlan plan{.step = at.step};
  plan.next = [&] { return batch; };
  plan.update = [&](const std::vector<BatchResult>& results) {
    const BatchResult& r = results[0];
    step = {r.losses[0].item(), r.losses[1].item(), r.losses[2].item(), r.total.item()};
    return true;
  };
  take_step(objective, plan);
  return step;
}

BatchResult losses_of(Pretraining& objective, const Batch& batch, const At& at) {
  set(objective, at);
  objective.begin(at.step, at.step);
  return objective.losses(batch);
}

std::vector<std::string> owners(const autograd::ParameterStore& store) {
  std::vector<std::string> names;
  for (const ArenaEntry& entry : store.layout().entries())
    if (entry.owner.empty()) names.push_back(entry.name);
  return names;
}

std::vector<double> values(const Tensor& tensor) {
  return tensor.to(DType::f64).to_vector<double>();
}

double largest_difference(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = values(a), y = values(b);
  double largest = x.size() == y.size() ? 0 : INFINITY;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    largest = std::max(largest, std::isnan(x[i] - y[i]) ? INFINITY : std::abs(x[i] - y[i]));
  return largest;
}

Preset tiny(int64_t queue_size, bool equal_captions) {
  Preset p = preset("tiny");
  p.losses.queue_size = queue_size;
  p.losses.equal_captions = equal_captions;
  return p;
}

}  // namespace medley::models::test
