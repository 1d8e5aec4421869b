// Reads what a recorded run was fed with.
#include "tests/oracle/adam.h"

#include <algorithm>

#include "tests/catch.h"

namespace medley::oracle {

std::vector<double> alphas_of(const Json& steps) {
  std::vector<double> alphas;
  for (const Json& step : steps) alphas.push_back(step.at("alpha"));
  return alphas;
}

models::LossConfig loss_config(const Json& config, const std::vector<double>& alphas) {
  constexpr int64_t kFar = 1 << 20;
  models::LossConfig losses;
  losses.queue_size = config.at("queue_size");
  losses.label_smoothing = config.at("label_smoothing");
  losses.alpha = std::min(1.0, alphas.back());
  losses.alpha_steps = static_cast<int64_t>(alphas.size()) - 1;
  losses.momentum = config.value("momentum", losses.momentum);
  REQUIRE(alphas.size() > 1);
  REQUIRE(alphas.size() < kFar);
  for (size_t i = 0; i < alphas.size(); ++i)
    REQUIRE(losses.alpha * static_cast<double>(i) / static_cast<double>(losses.alpha_steps) ==
            Approx(alphas[i]).margin(1e-12));
  return losses;
}

models::BatchInfo info_of(const Json& step, int64_t index) {
  return {.seed = 0,
          .batch = index,
          .negative_images = indices(step.at("negative_image_for_text")),
          .negative_texts = indices(step.at("negative_text_for_image"))};
}

}  // namespace medley::oracle
