// The original's retrieval fine-tuning (blip/retrieval): losses, inner values, gradients, weights
// and queues after its steps; and its evaluation with re-ranking. f64.
#include "models/objectives/retrieval.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/tape.h"
#include "kernels/reference/sampling.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "tests/oracle/walk.h"

namespace medley::oracle {
namespace {

constexpr double kTolerance = 1e-11;

// The recorded steps start from a model of matching: momentum towers are copies of its towers.
struct Run {
  Json config = read_json("blip/retrieval/config.json");
  Tensors inputs{"blip/retrieval/step_inputs.safetensors"},
      own{"blip/retrieval/weights.safetensors"};  // the temperature, the queues
  const char* weights = "blip/itm/weights.safetensors";

  models::LossConfig losses() const {
    models::LossConfig losses = loss_config(config);
    losses.temperature = own.at("temp").item();
    return losses;
  }
};

// An objective at step 0.
struct Start : Run {
  models::Retrieval objective;
  Start()
      : objective(std::make_shared<models::Blip>(model_config(config), special_tokens(config),
                                                 DType::f64, Device{}, 0, losses().temperature),
                  losses(), 0) {
    load_some(objective.blip(), Tensors(weights));
    load_queue(objective.queue(), own);
    objective.restart();
  }
};

TEST_CASE("retrieval: what step 0 computes on the way, and draws negatives by") {
  Start run;
  models::StepTrace trace;
  run.objective.trace = &trace;
  use_draws(run.objective, run.config.at("steps")[0]);
  models::Batch batch = batch_of(run.inputs, "step0.", DType::f64);
  batch.caption = run.inputs.at("step0.idx");
  run.objective.begin(0, 0);
  {
    const autograd::NoGrad no_grad;
    run.objective.losses(batch);
  }
  const double temp = run.objective.blip().temperature();
  const Tensors values("blip/retrieval/step0_values.safetensors");
  for (const auto& [name, value] : {std::pair("image_feat", trace.image_features),
                                    {"text_feat", trace.text_features},
                                    {"image_feat_m", trace.image_momentum},
                                    {"text_feat_m", trace.text_momentum},
                                    {"sim_i2t_targets", trace.target_i2t},
                                    {"sim_t2i_targets", trace.target_t2i},
                                    {"vl_output", trace.itm_logits}})
    check_close(name, value, values.at(name), kTolerance);
  const int64_t B = trace.image_features.size(0);
  const Tensor image = trace.image_features, text = trace.text_features;
  for (const bool to_text : {true, false}) {
    const Tensor& query = to_text ? image : text;
    const Tensor& key = to_text ? text : image;
    std::vector<double> all, row(static_cast<size_t>(B)), sim(static_cast<size_t>(B * B));
    for (int64_t a = 0; a < B; ++a)
      for (int64_t b = 0; b < B; ++b)
        sim[static_cast<size_t>(a * B + b)] =
            std::inner_product(query.data<double>() + a * query.size(1),
                               query.data<double>() + (a + 1) * query.size(1),
                               key.data<double>() + b * key.size(1), 0.0);
    for (int64_t b = 0; b < B; ++b) {
      kernels::reference::negative_weights(
          kernels::SampleNegatives<double>{.batch = B,
                                           .sim = sim.data(),
                                           .ld = B,
                                           .caption = batch.caption.data<int64_t>(),
                                           .temp = &temp,
                                           .floor = 0},
          b, row.data());
      all.insert(all.end(), row.begin(), row.end());
    }
    const char* name = to_text ? "weights_i2t" : "weights_t2i";
    INFO(name);
    CHECK(largest_difference(all, values.values(name)) <= kTolerance);
  }
}

TEST_CASE("retrieval: the trainer walks the recorded steps, to weights and queues after them") {
  const Run run;
  const Json& steps = run.config.at("steps");
  train::TrainConfig settings = walk_config("retrieval", run.config, "f64");
  settings.losses = run.losses();
  settings.steps = static_cast<int64_t>(steps.size());
  settings.batch_size = run.inputs.at("step0.images").size(0);
  Walk walk(settings, run.weights, rows_of_captions(settings.batch_size));
  models::Contrastive& objective = walk.contrastive();
  feed(walk, steps, run.inputs, run.own);
  const auto check_queue = [&](const Json& step) {
    CHECK(objective.queue().next == step.at("ptr_after"));
    CHECK(objective.queue().caption.to_vector<int64_t>() ==
          step.at("idx_queue_after").get<std::vector<int64_t>>());
  };
  walk.trainer.hooks.after_backward = [&](int64_t number, models::Objective&) {
    const auto i = static_cast<size_t>(number);
    CAPTURE(i);
    CHECK(objective.blip().temperature() ==
          Approx(steps[i].at("temp_used").get<double>()).epsilon(1e-10));
    if (i > 0) return check_queue(steps[i - 1]);
    check_gradients(walk, Tensors("blip/retrieval/step0_gradients.safetensors"), kTolerance);
  };
  const std::vector<Json> taken = walk.train();
  REQUIRE(taken.size() == steps.size());
  for (size_t i = 0; i < taken.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(taken[i].at("itc"), steps[i].at("loss_ita")) < 1e-10);
    CHECK(distance(taken[i].at("itm"), steps[i].at("loss_itm")) < 1e-10);
  }
  check_queue(steps.back());
  const Tensors last("blip/retrieval/final.safetensors");
  CHECK(largest_weight_difference(objective, last, [](const std::string&) { return false; }) <
        1e-9);
}

TEST_CASE("retrieval: scores of the evaluation with re-ranking") {
  Start run;
  const Tensors right("blip/retrieval/evaluation.safetensors");
  const auto k = run.config.at("evaluation").at("k_test").get<size_t>();
  const models::Batch all = batch_of(right, "", DType::f64);
  const Tensor image = run.objective.blip().encode_image(all.images);
  const std::vector<double> v = to_doubles(run.objective.blip().image_features(image)),
                            w = to_doubles(run.objective.blip().text_features(all.text));
  const auto images = static_cast<size_t>(image.size(0)), texts = all.text.lengths.size(),
             width = v.size() / images;
  for (const bool to_text : {true, false}) {
    const size_t queries = to_text ? images : texts, candidates = to_text ? texts : images;
    std::vector<double> scores(queries * candidates, -100);
    for (size_t q = 0; q < queries; ++q) {
      std::vector<double> cosine(candidates);
      std::vector<size_t> order(candidates);
      std::iota(order.begin(), order.end(), size_t{0});
      for (size_t c = 0; c < candidates; ++c) {
        const size_t i = to_text ? q : c, j = to_text ? c : q;
        cosine[c] = std::inner_product(v.begin() + static_cast<int64_t>(i * width),
                                       v.begin() + static_cast<int64_t>((i + 1) * width),
                                       w.begin() + static_cast<int64_t>(j * width), 0.0);
      }
      std::sort(order.begin(), order.end(),
                [&](size_t a, size_t b) { return cosine[a] > cosine[b]; });
      for (size_t n = 0; n < std::min(k, candidates); ++n) {
        const size_t c = order[n], i = to_text ? q : c, j = to_text ? c : q;
        std::vector<int32_t> ids = all.text.ids.to_vector<int32_t>();
        int64_t begin = 0;
        for (size_t t = 0; t < j; ++t) begin += all.text.lengths[t];
        const models::PackedText one =
            models::pack({{ids.begin() + begin, ids.begin() + begin + all.text.lengths[j]}});
        const Tensor logits = run.objective.blip().match(
            image, one, Tensor::from(std::vector<int32_t>{static_cast<int32_t>(i)}, {1}));
        scores[q * candidates + c] = to_doubles(logits).at(1) + cosine[c];
      }
    }
    const char* name = to_text ? "score_matrix_i2t" : "score_matrix_t2i";
    INFO(name);
    CHECK(largest_difference(scores, right.values(name)) <= kTolerance);
  }
}

}  // namespace
}  // namespace medley::oracle
