// NLVR2 of the original (blip/nlvr).
#include "autograd/tape.h"
#include "core/error.h"
#include "models/objectives/reasoning.h"
#include "tests/catch.h"
#include "tests/oracle/adam.h"
#include "tests/oracle/blip_weights.h"

namespace medley::oracle {
namespace {

struct Original {
  Json config = read_json("blip/nlvr/config.json");
  Tensors values{"blip/nlvr/values.safetensors"};
  std::shared_ptr<models::Nlvr> owner;
  models::Nlvr& nlvr = *owner;
  explicit Original(DType dtype)
      : owner(std::make_shared<models::Nlvr>(model_config(config), special_tokens(config), dtype,
                                             Device{}, 0)) {
    load_store(nlvr.weights(), Tensors("blip/nlvr/weights.safetensors"));
  }
};

}  // namespace

TEST_CASE("nlvr: states, logits, loss and gradients") {
  Original o(DType::f64);
  REQUIRE(o.config.at("merge_from_layer") == models::Nlvr::first_merge(o.nlvr.model()));
  models::Batch batch = batch_of(o.values, "", DType::f64);
  {
    const autograd::NoGrad no_grad;
    // Recorded with padding: rows of real tokens.
    const std::vector<double> states = to_doubles(o.nlvr.states(batch.images, batch.text)),
                              recorded = o.values.values("last_hidden_state");
    const auto width = static_cast<size_t>(o.values.at("last_hidden_state").size(2)),
               padded = static_cast<size_t>(o.values.at("last_hidden_state").size(1));
    std::vector<double> expected;
    for (size_t i = 0; i < batch.text.lengths.size(); ++i) {
      const auto row = recorded.begin() + static_cast<int64_t>(i * padded * width);
      expected.insert(expected.end(), row,
                      row + static_cast<int64_t>(width) * batch.text.lengths[i]);
    }
    CHECK(largest_difference(states, expected) < 1e-10);
    check_close("logits", o.nlvr.logits(batch.images, batch.text), o.values.at("logits"), 1e-10);
  }
  std::vector<int32_t> targets;
  for (const double t : o.values.values("targets")) targets.push_back(static_cast<int32_t>(t));
  batch.truth = Tensor::from(targets, {static_cast<int64_t>(targets.size())});
  models::Reasoning objective(o.owner, 0);
  check_close("loss", gradients_of(objective, batch), o.values.at("loss"), 1e-10);
  const Tensors gradients("blip/nlvr/gradients.safetensors");
  for (const auto& [name, gradient] : gradients.all())
    check_close(name, o.nlvr.weights().gradients.at(name), gradient, 1e-10);
  CHECK_THROWS_AS(o.nlvr.states(batch.images.slice(0, 0, 3).contiguous(), batch.text), ValueError);
}

TEST_CASE("nlvr: the fast kernels in f32") {
  Original o(DType::f32);
  const models::Batch batch = batch_of(o.values, "", DType::f32);
  check_close("logits", o.nlvr.logits(batch.images, batch.text), o.values.at("logits"), 1e-4);
}

}  // namespace medley::oracle
