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
  p.model.share = GENERATE("all_but_self_attention", "none");
  p.losses.momentum = 1;
  p.model.max_tokens = 5;  // short texts: this test runs the step some hundred times
  p.model.image_size = 16;
  Pretraining objective = pretraining(p, DType::f64, 11);
  stir(objective, 1);
  const Batch batch = random_batch(p.model, 3, 2);
  const At at{0, indices({1, 2, 0}), indices({2, 0, 1})};
  const auto loss = [&] { return losses_of(objective, batch, at).total.item(); };
  autograd::Tape tape;
  BatchResult result;
  {
    const autograd::Recording recording(tape);
    result = losses_of(objective, batch, at);
  }
  tape.backward(result.total);

  Random random(4, Purpose::test);
  constexpr double kEps = 1e-5;
  for (const std::string& name : owners(objective.weights())) {
    const Tensor weight = objective.weights().weights.at(name);
    const std::vector<double> gradient = values(objective.weights().gradients.at(name));
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
