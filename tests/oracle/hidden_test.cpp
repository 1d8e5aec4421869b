// Hidden states of every token in the original's first pre-training step (blip/pretrain): towers,
// momentum towers, and the lockstep pass with nothing left out of its last layer.
#include "models/blip/towers.h"
#include "models/objectives/joint.h"
#include "models/objectives/momentum.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"

namespace medley::oracle {
namespace {

using models::JointTexts;
using models::MedPass;
using models::Towers;

constexpr double kTolerance = 1e-11;

// A tower pair with its own store, filled from the file.
struct Loaded {
  Towers towers;
  autograd::ParameterStore store;

  Loaded(const models::ModelConfig& config, const models::TowerNames& names, bool whole,
         const Tensors& weights) {
    autograd::ParameterBuilder builder;
    towers = Towers(builder, names, config);
    if (whole) {
      towers.text.add_cross_attention(builder);
      towers.text.add_decoder(builder, "text_decoder");
    }
    store = builder.build(DType::f64, {}, 0, /*with_gradients=*/false);
    size_t filled = 0;
    for (const auto& [name, tensor] : weights.all())
      if (store.layout().contains(name)) {
        copy_values(store.weights.at(name), tensor);
        ++filled;
      }
    REQUIRE(filled > 0);
  }
};

// Tokens of [B, T, C] that the mask has, as the rows of packed text.
std::vector<double> packed_rows(const Tensor& hidden, const std::vector<std::vector<bool>>& texts) {
  const std::vector<double> all = to_doubles(hidden);
  const auto length = static_cast<size_t>(hidden.size(1)),
             width = all.size() / (texts.size() * length);
  std::vector<double> rows;
  for (size_t b = 0; b < texts.size(); ++b)
    for (size_t t = 0; t < length; ++t)
      if (texts[b][t])
        rows.insert(rows.end(), all.begin() + static_cast<int64_t>((b * length + t) * width),
                    all.begin() + static_cast<int64_t>((b * length + t + 1) * width));
  return rows;
}

TEST_CASE("pretrain: hidden states of every token in step 0, in f64") {
  const Json config = read_json("blip/pretrain/config.json");
  const Tensors weights("blip/pretrain/weights.safetensors"),
      inputs("blip/pretrain/step_inputs.safetensors"),
      right("blip/pretrain/step0_values.safetensors");
  const models::ModelConfig model = model_config(config);
  Loaded student(model, models::kStudentNames, true, weights),
      teacher(model, models::kMomentumNames, false, weights);
  const double keep = config.at("momentum");
  models::update_average(teacher.store, student.store, &keep);
  const models::Batch batch = batch_of(inputs, "step0.", DType::f64);
  const int64_t B = batch.images.size(0);

  std::vector<std::vector<bool>> texts;
  const std::vector<double> mask = inputs.values("step0.attention_mask");
  const auto length = mask.size() / static_cast<size_t>(B);
  for (size_t at = 0; at < mask.size(); at += length) {
    texts.emplace_back();
    for (size_t t = at; t < at + length; ++t) texts.back().push_back(mask[t] != 0);
  }
  const auto check = [&](const char* name, const Tensor& value,
                         const std::vector<double>& expected) {
    INFO(name);
    CHECK(largest_difference(to_doubles(value), expected) <= kTolerance);
  };

  const Tensor image = student.towers.image.tokens(batch.images);
  check("image_embeds", image, right.values("image_embeds"));
  check("image_embeds_m", teacher.towers.image.tokens(batch.images),
        right.values("image_embeds_m"));
  const MedPass text_only = models::with_all_rows(models::encoder_pass(batch.text, batch.text.ids));
  check("text_hidden", student.towers.text.forward(text_only),
        packed_rows(right.at("text_hidden"), texts));
  check("text_hidden_m", teacher.towers.text.forward(text_only),
        packed_rows(right.at("text_hidden_m"), texts));

  const Json& step = config.at("steps")[0];
  const auto negative_images = step.at("negative_image_for_text").get<std::vector<int32_t>>(),
             negative_texts = step.at("negative_text_for_image").get<std::vector<int32_t>>();
  const auto index = [](const std::vector<int32_t>& values) {
    return Tensor::from(values, {static_cast<int64_t>(values.size())});
  };
  const JointTexts joint = models::joint_texts(batch.text, index(negative_images),
                                               index(negative_texts), special_tokens(config));
  MedPass pass = models::with_all_rows(joint.pass);
  pass.image = image;
  pass.images = autograd::uniform_sequences(B, model.tokens_per_image());
  const Tensor hidden = student.towers.text.forward(pass);
  std::vector<double> expected = packed_rows(right.at("itm_hidden_pos"), texts);
  std::vector<std::vector<bool>> negative = texts;
  for (const int32_t b : negative_texts) negative.push_back(texts[static_cast<size_t>(b)]);
  const std::vector<double> more = packed_rows(right.at("itm_hidden_neg"), negative);
  expected.insert(expected.end(), more.begin(), more.end());
  const int64_t decoder_rows = pass.decoder.rows;
  check("itm_hidden_pos, itm_hidden_neg", hidden.slice(0, decoder_rows, hidden.size(0)), expected);
  check("lm_logits", student.towers.text.logits(hidden.slice(0, 0, decoder_rows)),
        packed_rows(right.at("lm_logits"), texts));
}

}  // namespace
}  // namespace medley::oracle
