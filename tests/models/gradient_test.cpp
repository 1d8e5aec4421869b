// Gradients of the whole step against central differences in f64.
#include <cmath>

#include "core/philox.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

TEST_CASE("every parameter's gradient of a whole step is that of finite differences") {
  // At step 0 alpha is 0: the targets, through which no gradient flows, then do not depend on the
  // temperature. With momentum 1 the momentum model does not follow the perturbed weights.
  Preset p = tiny(4, true);
  p.model.dropout = p.model.drop_path = GENERATE(0.0, 0.25);
  p.losses.momentum = 1;
  p.model.max_tokens = 5;  // short texts: this test runs the step some hundred times
  p.model.image_size = 16;
  Blip blip(p.model, p.losses, {}, DType::f64, {}, 11);
  stir(blip, 1);
  const Batch batch = random_batch(p.model, 3, 2);
  BatchInfo info{3, 0, Tensor::from(std::vector<int32_t>{1, 2, 0}, {3}),
                 Tensor::from(std::vector<int32_t>{2, 0, 1}, {3})};
  const FeatureQueue& queue = blip.queue();
  const Tensor image = queue.image.clone(), text = queue.text.clone(),
               caption = queue.caption.clone();
  const auto loss = [&] {
    queue.image.copy_from(image);
    queue.text.copy_from(text);
    queue.caption.copy_from(caption);
    blip.queue().next = 0;
    return blip.pretrain(batch, info).total.item();
  };
  run_step(blip, batch, info);

  Random random(4, Purpose::test);
  constexpr double kEps = 1e-5;
  for (const std::string& name : owners(blip.weights())) {
    const Tensor weight = blip.weights().weights.at(name);
    const std::vector<double> gradient = values(blip.weights().gradients.at(name));
    for (int pick = 0; pick < 2; ++pick) {
      const auto i = static_cast<size_t>(random.below(static_cast<uint32_t>(gradient.size())));
      const double kept = weight.data<double>()[i];
      weight.data<double>()[i] = kept + kEps;
      const double above = loss();
      weight.data<double>()[i] = kept - kEps;
      const double below = loss();
      weight.data<double>()[i] = kept;
      const double numeric = (above - below) / (2 * kEps);
      INFO(name << " element " << i);
      CHECK(gradient[i] == Approx(numeric).epsilon(1e-5).margin(1e-7));
    }
  }
}
