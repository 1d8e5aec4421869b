// NLVR2 of the original (blip/nlvr).
#include "models/nlvr/nlvr.h"

#include "autograd/tape.h"
#include "core/error.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "tests/oracle/walk.h"

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

TEST_CASE("nlvr: states and logits") {
  Original o(DType::f64);
  REQUIRE(o.config.at("merge_from_layer") == models::Nlvr::first_merge(o.nlvr.model()));
  const models::Batch batch = batch_of(o.values, "", DType::f64);
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
  CHECK_THROWS_AS(o.nlvr.states(batch.images.slice(0, 0, 3).contiguous(), batch.text), ValueError);
}

TEST_CASE("nlvr: the trainer takes a step with the recorded loss and gradients") {
  const Json config = read_json("blip/nlvr/config.json");
  const Tensors values("blip/nlvr/values.safetensors"),
      gradients("blip/nlvr/gradients.safetensors");
  const std::vector<double> targets = values.values("targets");
  Json rows = Json::array();
  for (size_t i = 0; i < targets.size(); ++i)
    rows.push_back(
        {{"sentence", config.at("texts")[i]}, {"label", targets[i] != 0 ? "True" : "False"}});
  train::TrainConfig settings = walk_config("nlvr", config, "f64");
  settings.steps = 1;
  settings.batch_size = static_cast<int64_t>(rows.size());
  Walk walk(settings, "blip/nlvr/weights.safetensors", rows);
  walk.trainer.hooks.on_batch = [&](int64_t, models::Batch& batch) {
    std::vector<int64_t> pictures = batch.samples;  // all left ones, then all right ones
    for (const int64_t sample : batch.samples) pictures.push_back(sample + settings.batch_size);
    batch.images = rows_of(values.at("images"), pictures);
  };
  walk.trainer.hooks.after_backward = [&](int64_t, models::Objective&) {
    check_gradients(walk, gradients, 1e-10);
  };
  const std::vector<Json> taken = walk.train();
  CHECK(distance(taken.at(0).at("truth"), values.at("loss").item()) < 1e-10);
  check_first_update(walk, "blip/nlvr/weights.safetensors", gradients);
}

TEST_CASE("nlvr: the fast kernels in f32") {
  Original o(DType::f32);
  const models::Batch batch = batch_of(o.values, "", DType::f32);
  check_close("logits", o.nlvr.logits(batch.images, batch.text), o.values.at("logits"), 1e-4);
}

}  // namespace medley::oracle
