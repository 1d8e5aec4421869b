// The original's pre-training run (blip/pretrain) and its continuation from a checkpoint with
// optimizer state (blip/checkpoint), in the lockstep form that medley trains with. Tolerances are
// those of the folders' README files.
#include <algorithm>
#include <cmath>

#include "autograd/tape.h"
#include "kernels/reference/sampling.h"
#include "tests/catch.h"
#include "tests/oracle/adam.h"
#include "tests/oracle/blip_weights.h"
#include "train/loop/schedule.h"

namespace medley::oracle {
namespace {

using models::Batch;
using models::BatchInfo;
using models::BatchResult;
using models::Blip;
using models::StepTrace;

struct Losses {
  double itc, itm, lm;
};

Losses forward_backward(Blip& blip, const Batch& batch, const BatchInfo& info) {
  blip.weights().gradients.flat().fill_zero();
  autograd::Tape tape;
  BatchResult result;
  {
    const autograd::Recording recording(tape);
    result = blip.pretrain(batch, info);
  }
  const Losses losses{result.itc.item(), result.itm.item(), result.lm.item()};
  tape.backward(result.total);
  return losses;
}

// Adam divides the noise of a zero gradient by itself: biases of attention keys.
bool is_key_bias(const std::string& name) {
  return name.ends_with("key.bias") || name.ends_with("attn.qkv.bias");
}
bool none(const std::string&) { return false; }

struct Run {
  Json config = read_json("blip/pretrain/config.json");
  Tensors weights{"blip/pretrain/weights.safetensors"},
      inputs{"blip/pretrain/step_inputs.safetensors"};
  Blip blip;
  explicit Run(DType dtype)
      : blip(model_config(config), loss_config(config, alphas_of(config.at("steps"))),
             special_tokens(config), dtype, {}, 0) {
    load(blip, weights);
  }
  Batch batch(size_t step, DType dtype) const {
    return batch_of(inputs, "step" + std::to_string(step) + ".", dtype);
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

TEST_CASE("pretrain: the recorded run in f64, losses, schedules and final weights") {
  Run run(DType::f64);
  Adam adam(run.blip);
  const Json& train = run.config.at("train_config");
  const int64_t per_epoch = run.config.at("steps_per_epoch");
  train::OptimizerConfig schedule;
  schedule.schedule = "paper";
  schedule.lr = train.at("init_lr");
  schedule.warmup_steps = train.at("warmup_steps");
  const auto steps = static_cast<int64_t>(run.config.at("steps").size());
  for (int64_t i = 0; i < steps; ++i) {
    const Json& step = run.config.at("steps")[static_cast<size_t>(i)];
    CAPTURE(i);
    CHECK(run.blip.queue().next == step.at("queue_ptr_before"));
    const Losses l =
        forward_backward(run.blip, run.batch(static_cast<size_t>(i), DType::f64), info_of(step, i));
    CHECK(run.blip.temperature() == Approx(step.at("temp_used").get<double>()).epsilon(1e-12));
    CHECK(std::abs(l.itc - step.at("loss_ita").get<double>()) < 1e-10);
    CHECK(std::abs(l.itm - step.at("loss_itm").get<double>()) < 1e-10);
    CHECK(std::abs(l.lm - step.at("loss_lm").get<double>()) < 1e-10);
    CHECK(train::learning_rate(schedule, i, steps, per_epoch) ==
          Approx(step.at("lr").get<double>()).epsilon(1e-12));
    adam.update(i + 1, step.at("lr"), train.at("weight_decay"));
  }
  CHECK(run.blip.queue().next == run.config.at("queue_ptr_final"));
  const Tensors last("blip/pretrain/final_weights.safetensors");
  CHECK(largest_weight_difference(run.blip, last, none) < 1e-9);
}

TEST_CASE("pretrain: the recorded run in f32 on the fast kernels") {
  Run run(DType::f32);
  Adam adam(run.blip);
  const Json& steps = run.config.at("steps");
  for (size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(i);
    const Losses l = forward_backward(run.blip, run.batch(i, DType::f32),
                                      info_of(steps[i], static_cast<int64_t>(i)));
    const Json& expected = steps[i].at("float32_losses");
    CHECK(std::abs(l.itc - expected.at(0).get<double>()) < 1e-4);
    CHECK(std::abs(l.itm - expected.at(1).get<double>()) < 1e-4);
    CHECK(std::abs(l.lm - expected.at(2).get<double>()) < 1e-4);
    if (i == 0) {
      const Tensors gradients("blip/pretrain/step0_gradients.safetensors");
      for (const auto& [name, gradient] : gradients.all()) {
        INFO(name);
        const std::vector<double> right = to_doubles(gradient);
        double largest = 0;
        for (const double v : right) largest = std::max(largest, std::abs(v));
        // A key's bias has no gradient: what is there is rounding.
        if (is_key_bias(name) && largest < 1e-10) continue;
        CHECK(largest_difference(to_doubles(run.blip.weights().gradients.at(name)), right) <=
              1e-3 * largest);
      }
    }
    adam.update(static_cast<int64_t>(i) + 1, steps[i].at("lr"),
                run.config.at("train_config").at("weight_decay"));
  }
}

TEST_CASE("pretrain: what step 0 computes on the way, and every gradient, in f64") {
  Run run(DType::f64);
  const Tensors right("blip/pretrain/step0_values.safetensors");
  constexpr double kTolerance = 1e-11;
  const Batch batch = run.batch(0, DType::f64);
  BatchInfo info = info_of(run.config.at("steps")[0], 0);
  StepTrace trace;
  info.trace = &trace;
  autograd::Tape tape;
  BatchResult result;
  {
    const autograd::Recording recording(tape);
    result = run.blip.pretrain(batch, info);
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
  check_close("loss_ita", result.itc, right.at("loss_ita"), kTolerance);
  check_close("loss_itm", result.itm, right.at("loss_itm"), kTolerance);
  check_close("loss_lm", result.lm, right.at("loss_lm"), kTolerance);

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
  run.blip.weights().gradients.flat().fill_zero();
  tape.backward(result.total);
  for (const auto& [name, tensor] : inner) {
    INFO(name);
    const std::vector<double> expected =
        std::string(name) == "d_lm_logits" ? lm_rows(name) : right.values(name);
    CHECK(largest_difference(to_doubles(tape.gradient(tensor)), expected) <= kTolerance);
  }
  const Tensors gradients("blip/pretrain/step0_gradients.safetensors");
  for (const auto& [name, gradient] : gradients.all())
    check_close(name, run.blip.weights().gradients.at(name), gradient, kTolerance);
  for (const ArenaEntry& entry : run.blip.weights().layout().entries())
    if (entry.owner.empty() && !entry.name.ends_with("qkv.weight") &&
        !entry.name.ends_with("qkv.bias") && !entry.name.ends_with("kv.weight") &&
        !entry.name.ends_with("kv.bias")) {
      INFO(entry.name);
      CHECK(gradients.contains(entry.name));
    }
}

TEST_CASE("pretrain: the step after the original's checkpoint, with its optimizer state") {
  const Json config = read_json("blip/checkpoint/config.json");
  const Tensors model("blip/checkpoint/model.safetensors"),
      state("blip/checkpoint/optimizer.safetensors"), next("blip/checkpoint/next_step.safetensors");
  std::vector<double> alphas = alphas_of(config.at("steps"));
  const auto index = static_cast<int64_t>(alphas.size());
  const Json& step = config.at("next_step");
  alphas.push_back(step.at("alpha"));
  Blip blip(model_config(config), loss_config(config, alphas), special_tokens(config), DType::f32,
            {}, 0);
  load(blip, model);
  Adam adam(blip);
  for (const auto& [name, tensor] : state.all()) {
    INFO(name);
    const size_t dot = name.rfind('.');
    const std::string parameter = name.substr(0, dot), kind = name.substr(dot + 1);
    if (kind == "step") {
      CHECK(to_doubles(tensor).at(0) == static_cast<double>(index));
      continue;
    }
    REQUIRE((kind == "exp_avg" || kind == "exp_avg_sq"));
    copy_values((kind == "exp_avg" ? adam.m() : adam.v()).at(parameter), tensor);
  }
  const Losses l = forward_backward(blip, batch_of(next, "", DType::f32), info_of(step, index));
  CHECK(std::abs(l.itc - step.at("losses").at(0).get<double>()) < 5e-6);
  CHECK(std::abs(l.itm - step.at("losses").at(1).get<double>()) < 5e-6);
  CHECK(std::abs(l.lm - step.at("losses").at(2).get<double>()) < 5e-6);
  adam.update(index + 1, step.at("lr"), 0.05);
  int compared = 0;
  for (const auto& [name, tensor] : next.all())
    if (name.starts_with("after.")) {
      check_close(name, blip.weights().weights.at(name.substr(6)), tensor, 1e-6);
      ++compared;
    }
  CHECK(compared > 0);
}

}  // namespace medley::oracle
