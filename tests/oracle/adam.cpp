// Reads what a recorded run was fed with.
#include "tests/oracle/adam.h"

#include <algorithm>
#include <cmath>

#include "models/objectives/step.h"
#include "tests/catch.h"

namespace medley::oracle {

// In pre-training alpha rises over two epochs. Other sets do not say how long an epoch is: what
// their second step has does.
models::LossConfig loss_config(const Json& config) {
  models::LossConfig losses;
  losses.queue_size = config.at("queue_size");
  losses.label_smoothing = config.at("label_smoothing");
  losses.momentum = config.value("momentum", losses.momentum);
  std::vector<double> alphas;
  for (const Json& step : config.at("steps")) alphas.push_back(step.at("alpha"));
  if (config.contains("next_step")) alphas.push_back(config.at("next_step").at("alpha"));
  REQUIRE(alphas.size() > 1);
  if (config.contains("train_config")) {
    losses.alpha = config.at("train_config").at("alpha");
    losses.alpha_steps = 2 * config.at("steps_per_epoch").get<int64_t>();
  } else {
    losses.alpha_steps = std::llround(losses.alpha / alphas[1]);
  }
  for (size_t i = 0; i < alphas.size(); ++i) {
    CAPTURE(i);
    const double ramp = static_cast<double>(i) / static_cast<double>(losses.alpha_steps);
    CHECK(losses.alpha * std::min(1.0, ramp) == Approx(alphas[i]).margin(1e-12));
  }
  return losses;
}

Tensor gradients_of(models::Objective& objective, const models::Batch& batch) {
  models::StepPlan plan;
  plan.next = [&] { return batch; };
  plan.update = [](const std::vector<models::BatchResult>&) { return true; };
  return models::take_step(objective, plan)[0].total;
}

std::vector<double> take_recorded(models::Contrastive& objective, const models::Batch& batch,
                                  const Json& step, int64_t index,
                                  const std::function<void(const models::BatchResult&)>& update) {
  objective.negative_images = indices(step.at("negative_image_for_text"));
  objective.negative_texts = indices(step.at("negative_text_for_image"));
  std::vector<double> losses;
  models::StepPlan plan{.step = index};
  plan.next = [&] { return batch; };
  plan.update = [&](const std::vector<models::BatchResult>& results) {
    for (const Tensor& loss : results[0].losses) losses.push_back(loss.item());
    update(results[0]);
    return true;
  };
  models::take_step(objective, plan);
  return losses;
}

}  // namespace medley::oracle
