// The original's retrieval fine-tuning (blip/retrieval): losses, inner values, gradients, weights
// and queues after its steps; and its evaluation with re-ranking. f64.
#include "models/objectives/retrieval.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/reference/sampling.h"
#include "tests/catch.h"
#include "tests/oracle/adam.h"
#include "tests/oracle/blip_weights.h"

namespace medley::oracle {
namespace {

using models::StepTrace;

constexpr double kTolerance = 1e-11;

struct Run {
  Json config = read_json("blip/retrieval/config.json");
  Tensors inputs{"blip/retrieval/step_inputs.safetensors"};
  models::Retrieval objective;

  Run()
      : objective(std::make_shared<models::Blip>(model_config(config), special_tokens(config),
                                                 DType::f64, Device{}, 0),
                  loss_config(config), 0) {
    load_some(objective.blip(), Tensors("blip/itm/weights.safetensors"));
    const Tensors own("blip/retrieval/weights.safetensors");
    copy_values(objective.weights().weights.at("temp"), own.at("temp"));
    models::FeatureQueue& queue = objective.queue();
    copy_values(queue.image, own.at("image_queue").transpose(0, 1).contiguous());
    copy_values(queue.text, own.at("text_queue").transpose(0, 1).contiguous());
    std::vector<int64_t> idx = own.at("idx_queue").to_vector<int64_t>();
    std::copy(idx.begin(), idx.end(), queue.caption.data<int64_t>());
    queue.next = own.at("ptr_queue").to_vector<int64_t>().at(0);
    // Every momentum tensor starts equal to the student's.
    const autograd::ParameterStore& m = objective.momentum();
    std::copy_n(objective.weights().weights.flat().data<double>(), m.weights.flat().elements(),
                m.weights.flat().data<double>());
  }

  models::Batch batch(size_t step) const {
    const std::string prefix = "step" + std::to_string(step) + ".";
    models::Batch batch = batch_of(inputs, prefix, DType::f64);
    batch.caption = inputs.at(prefix + "idx");
    return batch;
  }
};

// What step 0 computed on the way, and what its negatives are drawn by.
void check_values(const StepTrace& trace, const Tensor& itm_logits, const models::Batch& batch,
                  double temp) {
  const Tensors values("blip/retrieval/step0_values.safetensors");
  for (const auto& [name, value] : {std::pair("image_feat", trace.image_features),
                                    {"text_feat", trace.text_features},
                                    {"image_feat_m", trace.image_momentum},
                                    {"text_feat_m", trace.text_momentum},
                                    {"sim_i2t_targets", trace.target_i2t},
                                    {"sim_t2i_targets", trace.target_t2i},
                                    {"vl_output", itm_logits}})
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

TEST_CASE("retrieval: the recorded steps") {
  Run run;
  models::Retrieval& objective = run.objective;
  Adam adam(objective.weights());
  const Json& steps = run.config.at("steps");
  const Tensors gradients("blip/retrieval/step0_gradients.safetensors");
  for (size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(i);
    const Json& step = steps[i];
    const models::Batch batch = run.batch(i);
    StepTrace trace;
    objective.trace = &trace;
    const auto update = [&](const models::BatchResult& result) {
      const double temp = objective.blip().temperature();
      CHECK(temp == Approx(step.at("temp_used").get<double>()).epsilon(1e-10));
      if (i == 0) {
        check_values(trace, result.kept[0], batch, temp);
        for (const auto& [name, gradient] : gradients.all())
          check_close(name, objective.weights().gradients.at(name), gradient, kTolerance);
      }
      const Json& optimizer = run.config.at("optimizer");
      adam.update(static_cast<int64_t>(i) + 1, optimizer.at("lr"), optimizer.at("weight_decay"));
    };
    const std::vector<double> losses =
        take_recorded(objective, batch, step, static_cast<int64_t>(i), update);
    CHECK(std::abs(losses.at(0) - step.at("loss_ita").get<double>()) < 1e-10);
    CHECK(std::abs(losses.at(1) - step.at("loss_itm").get<double>()) < 1e-10);
    CHECK(objective.queue().next == step.at("ptr_after"));
    CHECK(objective.queue().caption.to_vector<int64_t>() ==
          step.at("idx_queue_after").get<std::vector<int64_t>>());
  }
  const Tensors last("blip/retrieval/final.safetensors");
  CHECK(largest_weight_difference(objective, last, [](const std::string&) { return false; }) <
        1e-9);
}

TEST_CASE("retrieval: scores of the evaluation with re-ranking") {
  Run run;
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
