// The lockstep step is the original's mathematics: losses and every gradient equal those of
// separate passes in f64.
#include <algorithm>
#include <cmath>

#include "plain_blip.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

namespace {

struct Case {
  int64_t queue;
  bool equal_captions, warmup, recompute;
  const char* share = "all_but_self_attention";
};

}  // namespace

TEST_CASE("lockstep equals separate passes in losses and gradients") {
  const Case c = GENERATE(
      Case{7, false, false, false}, Case{0, true, true, false}, Case{3, true, false, false},
      Case{0, false, false, true}, Case{0, false, false, false, "all"},
      Case{0, false, false, true, "all_but_cross_attention"}, Case{7, false, false, false, "none"},
      Case{0, false, false, true, "none"});
  CAPTURE(c.queue, c.equal_captions, c.recompute, c.share);
  Preset p = tiny(c.queue, c.equal_captions);
  p.losses.momentum_warmup = c.warmup;
  p.model.recompute = c.recompute;
  p.model.share = c.share;
  Pretraining objective = pretraining(p, DType::f64, 11);
  stir(objective, 1);
  const Batch batch = random_batch(p.model, 5, 2);
  const At at{4, indices({3, 0, 3, 2, 1}), indices({1, 3, 0, 0, 2})};

  PlainBlip plain(objective);
  autograd::Tape tape;
  PlainBlip::Losses expected;
  {
    const autograd::Recording recording(tape);
    expected = plain.step(batch, at);
  }
  const double itc = expected.itc.item(), itm = expected.itm.item(), lm = expected.lm.item();
  tape.backward(expected.total);

  const Step step = run_step(objective, batch, at);
  CHECK(step.itc == Approx(itc).margin(1e-10));
  CHECK(step.itm == Approx(itm).margin(1e-10));
  CHECK(step.lm == Approx(lm).margin(1e-10));
  CHECK(step.total == Approx(itc + itm + lm).margin(1e-10));
  size_t with_gradient = 0;
  for (const std::string& name : owners(objective.weights())) {
    INFO(name);
    const Tensor gradient = objective.weights().gradients.at(name);
    CHECK(largest_difference(gradient, plain.gradient(name)) < 1e-10);
    const std::vector<double> g = values(gradient);
    with_gradient += std::any_of(g.begin(), g.end(), [](double x) { return std::abs(x) > 1e-6; });
  }
  CHECK(with_gradient == owners(objective.weights()).size());
}
