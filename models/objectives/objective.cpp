// Writes the numbers of a batch, and reads the losses back.
#include "models/objectives/objective.h"

#include <cmath>
#include <span>

#include "core/error.h"
#include "core/str.h"

namespace medley::models {

LossInfo one_of(std::string name, std::string title, int64_t choices) {
  return {std::move(name), std::move(title), std::log(static_cast<double>(choices)),
          str("ln ", choices)};
}

Objective::Objective(autograd::ParameterStore& weights, uint64_t seed)
    : weights_(weights), seed_(seed) {
  if (!weights.gradients.flat().defined())
    throw ValueError("[objective] this model is for inference only: it has no gradients",
                     "build it with a seed");
  numbers_ = Tensor::empty({sizeof(BatchNumbers)}, DType::u8, weights.weights.flat().device());
}

void Objective::begin(int64_t step, int64_t batch) {
  now_ = numbers_of(step);
  next_batch(batch);
  if (prepared_ == step) return;
  prepare();
  prepared_ = step;
}

void Objective::next_batch(int64_t batch) {
  now_.batch = static_cast<uint64_t>(batch);
  if (device().kind == Device::Meta) return;
  const std::span bytes(reinterpret_cast<const uint8_t*>(&now_), sizeof(now_));
  numbers_.copy_from(Tensor::from(bytes, {sizeof(now_)}));
}

void Objective::commit(const BatchResult&) {}

std::vector<double> Objective::read(const BatchResult& result) const {
  std::vector<double> values;
  for (const Tensor& loss : result.losses) values.push_back(loss.item());
  return values;
}

BatchNumbers Objective::numbers_of(int64_t) const { return {}; }

const BatchNumbers* Objective::numbers() const {
  return static_cast<const BatchNumbers*>(numbers_.raw());
}

DropoutSites Objective::sites(double p, DropoutSites::Pass pass) const {
  return {p, seed_, numbers() ? &numbers()->batch : nullptr, pass};
}

}  // namespace medley::models
