// The original's pre-training run (blip/pretrain) and its continuation from a checkpoint with
// optimizer state (blip/checkpoint), in the lockstep form that medley trains with. Tolerances are
// those of the folders' README files.
#include "models/objectives/pretrain.h"

#include <algorithm>
#include <cmath>

#include "autograd/tape.h"
#include "kernels/reference/sampling.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "tests/oracle/walk.h"

namespace medley::oracle {
namespace {

using models::Batch;
using models::Blip;
using models::Pretraining;
using models::StepTrace;

// Adam divides the noise of a zero gradient by itself: biases of attention keys.
bool is_key_bias(const std::string& name) {
  return name.ends_with("key.bias") || name.ends_with("attn.qkv.bias");
}
bool none(const std::string&) { return false; }

// Those of step 0, of every parameter.
void check_all_gradients(Walk& walk) {
  const Tensors gradients("blip/pretrain/step0_gradients.safetensors");
  check_gradients(walk, gradients, 1e-11);
  for (const ArenaEntry& entry : walk.weights().layout().entries())
    if (entry.owner.empty() && !entry.name.ends_with("qkv.weight") &&
        !entry.name.ends_with("qkv.bias") && !entry.name.ends_with("kv.weight") &&
        !entry.name.ends_with("kv.bias")) {
      INFO(entry.name);
      CHECK(gradients.contains(entry.name));
    }
}

struct Run {
  Json config = read_json("blip/pretrain/config.json");
  Tensors weights{"blip/pretrain/weights.safetensors"},
      inputs{"blip/pretrain/step_inputs.safetensors"};

  Walk start(const std::string& precision) const {
    train::TrainConfig settings = walk_config("pretrain", config, precision);
    const Json& train = config.at("train_config");
    settings.optimizer.schedule = "paper";
    settings.optimizer.lr = train.at("init_lr");
    settings.optimizer.warmup_steps = train.at("warmup_steps");
    settings.steps = 0;
    settings.epochs = config.at("epochs");
    settings.batch_size = config.at("batch");
    const int64_t per_epoch = config.at("steps_per_epoch");
    return Walk(settings, "blip/pretrain/weights.safetensors",
                rows_of_captions(per_epoch * settings.batch_size));
  }
};

// Rows of a [B, T, ...] tensor where `kept` says so.
std::vector<double> rows(const Tensor& t, const std::vector<bool>& kept) {
  const std::vector<double> all = to_doubles(t);
  const size_t width = all.size() / kept.size();
  std::vector<double> some;
  for (size_t row = 0; row < kept.size(); ++row)
    if (kept[row])
      some.insert(some.end(), all.begin() + static_cast<int64_t>(row * width),
                  all.begin() + static_cast<int64_t>((row + 1) * width));
  return some;
}

}  // namespace

TEST_CASE("pretrain: the trainer walks the recorded run in f64, to the weights after it") {
  const Run run;
  Walk walk = run.start("f64");
  const Json& steps = run.config.at("steps");
  feed(walk, steps, run.inputs, run.weights);
  walk.trainer.hooks.after_backward = [&](int64_t i, models::Objective&) {
    const Json& step = steps.at(static_cast<size_t>(i));
    CAPTURE(i);
    CHECK(walk.contrastive().queue().next == step.at("queue_ptr_before"));
    CHECK(walk.contrastive().blip().temperature() ==
          Approx(step.at("temp_used").get<double>()).epsilon(1e-12));
    if (i == 0) check_all_gradients(walk);
  };
  const std::vector<Json> taken = walk.train();
  REQUIRE(taken.size() == steps.size());
  for (size_t i = 0; i < taken.size(); ++i) {
    CAPTURE(i);
    for (const auto& [own, recorded] :
         {std::pair("itc", "loss_ita"), {"itm", "loss_itm"}, {"lm", "loss_lm"}})
      CHECK(distance(taken[i].at(own), steps[i].at(recorded)) < 1e-10);
    CHECK(taken[i].at("lr").get<double>() ==
          Approx(steps[i].at("lr").get<double>()).epsilon(1e-12));
  }
  CHECK(walk.contrastive().queue().next == run.config.at("queue_ptr_final"));
  const Tensors last("blip/pretrain/final_weights.safetensors");
  CHECK(largest_weight_difference(walk.contrastive(), last, none) < 1e-9);
}

TEST_CASE("pretrain: the trainer walks the recorded run in f32, on the fast kernels") {
  const Run run;
  Walk walk = run.start("f32");
  const Json& steps = run.config.at("steps");
  feed(walk, steps, run.inputs, run.weights);
  walk.trainer.hooks.after_backward = [&](int64_t i, models::Objective& objective) {
    if (i > 0) return;
    const Tensors gradients("blip/pretrain/step0_gradients.safetensors");
    for (const auto& [name, gradient] : gradients.all()) {
      INFO(name);
      const std::vector<double> right = to_doubles(gradient);
      double largest = 0;
      for (const double v : right) largest = std::max(largest, std::abs(v));
      // A key's bias has no gradient: what is there is rounding.
      if (is_key_bias(name) && largest < 1e-10) continue;
      CHECK(largest_difference(to_doubles(objective.weights().gradients.at(name)), right) <=
            1e-3 * largest);
    }
  };
  const std::vector<Json> taken = walk.train();
  REQUIRE(taken.size() == steps.size());
  for (size_t i = 0; i < taken.size(); ++i) {
    CAPTURE(i);
    const Json& expected = steps[i].at("float32_losses");
    for (const auto& [own, place] : {std::pair("itc", 0), {"itm", 1}, {"lm", 2}})
      CHECK(distance(taken[i].at(own), expected.at(place)) < 1e-4);
  }
  const Tensors last("blip/pretrain/final_weights.safetensors");
  CHECK(largest_weight_difference(walk.contrastive(), last, is_key_bias) < 2e-5);
}

TEST_CASE("pretrain: what step 0 computes on the way, and gradients of it, in f64") {
  const Run run;
  const Tensors right("blip/pretrain/step0_values.safetensors");
  constexpr double kTolerance = 1e-11;
  StepTrace trace;
  Pretraining objective(std::make_shared<Blip>(model_config(run.config), special_tokens(run.config),
                                               DType::f64, Device{}, 0),
                        loss_config(run.config), 0);
  load(objective, run.weights);
  objective.trace = &trace;
  use_draws(objective, run.config.at("steps")[0]);
  // The parts of a step by hand, for the inner gradients that its tape keeps.
  objective.begin(0, 0);
  autograd::Tape tape;
  models::BatchResult result;
  {
    const autograd::Recording recording(tape);
    result = objective.losses(batch_of(run.inputs, "step0.", DType::f64));
  }
  std::vector<bool> predicted;  // positions whose next token counts
  for (const double target : right.values("decoder_targets")) predicted.push_back(target != -100);
  const auto length = static_cast<size_t>(right.at("decoder_targets").size(1));
  for (size_t i = 0; i < predicted.size(); ++i)  // row t predicts target t + 1
    predicted[i] = (i + 1) % length != 0 && predicted[i + 1];
  const auto lm_rows = [&](const char* name) { return rows(right.at(name), predicted); };

  for (const auto& [name, value] : {std::pair("image_embeds", trace.image_tokens),
                                    {"image_feat", trace.image_features},
                                    {"text_feat", trace.text_features},
                                    {"image_feat_m", trace.image_momentum},
                                    {"text_feat_m", trace.text_momentum},
                                    {"sim_i2t", trace.sim_i2t},
                                    {"sim_t2i", trace.sim_t2i},
                                    {"sim_i2t_targets", trace.target_i2t},
                                    {"sim_t2i_targets", trace.target_t2i},
                                    {"vl_embeddings", trace.itm_hidden},
                                    {"vl_output", trace.itm_logits}})
    check_close(name, value, right.at(name), kTolerance);
  CHECK(largest_difference(to_doubles(trace.lm_logits), lm_rows("lm_logits")) <= kTolerance);
  check_close("loss_ita", result.losses[0], right.at("loss_ita"), kTolerance);
  check_close("loss_itm", result.losses[1], right.at("loss_itm"), kTolerance);
  check_close("loss_lm", result.losses[2], right.at("loss_lm"), kTolerance);

  const int64_t B = trace.image_features.size(0);
  std::vector<double> weights_i2t, weights_t2i, row(static_cast<size_t>(B));
  for (const auto& [sim, all] :
       {std::pair(trace.sim_i2t, &weights_i2t), {trace.sim_t2i, &weights_t2i}})
    for (int64_t b = 0; b < B; ++b) {
      kernels::reference::negative_weights(
          kernels::SampleNegatives<double>{
              .batch = B, .sim = sim.data<double>(), .ld = sim.size(1)},
          b, row.data());
      all->insert(all->end(), row.begin(), row.end());
    }
  CHECK(largest_difference(weights_i2t, right.values("weights_i2t")) <= kTolerance);
  CHECK(largest_difference(weights_t2i, right.values("weights_t2i")) <= kTolerance);

  const std::pair<const char*, Tensor> inner[] = {{"d_image_embeds", trace.image_tokens},
                                                  {"d_image_feat", trace.image_features},
                                                  {"d_text_feat", trace.text_features},
                                                  {"d_vl_output", trace.itm_logits},
                                                  {"d_lm_logits", trace.lm_logits}};
  for (const auto& [name, tensor] : inner) tape.keep_gradient(tensor);
  objective.weights().gradients.flat().fill_zero();
  tape.backward(result.total);
  for (const auto& [name, tensor] : inner) {
    INFO(name);
    const std::vector<double> expected =
        std::string(name) == "d_lm_logits" ? lm_rows(name) : right.values(name);
    CHECK(largest_difference(to_doubles(tape.gradient(tensor)), expected) <= kTolerance);
  }
}

TEST_CASE("pretrain: the trainer goes on from the original's checkpoint with its optimizer state") {
  const Json config = read_json("blip/checkpoint/config.json");
  const Tensors model("blip/checkpoint/model.safetensors"),
      state("blip/checkpoint/optimizer.safetensors"), next("blip/checkpoint/next_step.safetensors");
  const Json& step = config.at("next_step");
  const auto index = static_cast<int64_t>(config.at("steps").size());
  train::TrainConfig settings = walk_config("pretrain", config, "f32");
  settings.optimizer.lr = step.at("lr");
  settings.steps = index + 1;
  settings.batch_size = next.at("images").size(0);
  Walk walk(settings, "blip/checkpoint/checkpoint_01.pth", rows_of_captions(settings.batch_size));
  load_queue(walk.contrastive().queue(), model);
  train::TrainingState& own = walk.trainer.state();
  own.step = index;
  autograd::AdamW& adam = own.optimizers.weights();
  adam.set_steps(index);
  for (const auto& [name, tensor] : state.all()) {
    INFO(name);
    const size_t dot = name.rfind('.');
    const std::string parameter = name.substr(0, dot), kind = name.substr(dot + 1);
    if (kind == "step") {
      CHECK(to_doubles(tensor).at(0) == static_cast<double>(index));
      continue;
    }
    REQUIRE((kind == "exp_avg" || kind == "exp_avg_sq"));
    copy_values((kind == "exp_avg" ? adam.first_moment() : adam.second_moment()).at(parameter),
                tensor);
  }
  walk.trainer.hooks.on_batch = [&](int64_t number, Batch& batch) {
    CHECK(number == index);
    batch = batch_of(next, "", DType::f32);
    use_draws(walk.contrastive(), step);
  };
  const std::vector<Json> taken = walk.train();
  REQUIRE(taken.size() == 1);
  for (const auto& [loss, place] : {std::pair("itc", 0), {"itm", 1}, {"lm", 2}})
    CHECK(distance(taken[0].at(loss), step.at("losses").at(place)) < 5e-6);
  int compared = 0;
  for (const auto& [name, tensor] : next.all())
    if (name.starts_with("after.")) {
      check_close(name, walk.weights().weights.at(name.substr(6)), tensor, 1e-6);
      ++compared;
    }
  CHECK(compared > 0);
}

TEST_CASE("pretrain: alpha of a run of three epochs stays after two") {
  Json config = read_json("blip/pretrain/config.json");
  const int64_t rise = 2 * config.at("steps_per_epoch").get<int64_t>();
  const double alpha = config.at("train_config").at("alpha");
  Json steps = Json::array();
  for (int64_t i = 0; 2 * i < 3 * rise; ++i)
    steps.push_back(
        {{"alpha", alpha * std::min(1.0, static_cast<double>(i) / static_cast<double>(rise))}});
  config["steps"] = steps;
  CHECK(loss_config(config).alpha_steps == rise);
}

}  // namespace medley::oracle
