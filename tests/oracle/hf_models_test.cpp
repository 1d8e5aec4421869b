// Folders of transformers, read into medley's model: every tensor finds its place, and what the
// model computes in f64 is what transformers computed.
#include <cmath>

#include "autograd/ops/linear.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "models/objectives/captioning.h"
#include "models/weights/hf_base.h"
#include "models/weights/hf_config.h"
#include "models/weights/load.h"
#include "tests/catch.h"
#include "tests/oracle/oracle.h"

namespace medley {
namespace {

using models::Blip;
using models::HfConfig;

struct Loaded {
  HfConfig config;
  std::shared_ptr<Blip> blip;
  models::LoadReport report;
};

Loaded load(const std::string& folder, models::LoadOptions options = {}, DType dtype = DType::f64) {
  Loaded out;
  out.config = models::read_hf_config(oracle::path(folder + "/config.json"));
  out.config.model.dropout = 0;
  out.blip = std::make_shared<Blip>(
      out.config.model, models::SpecialTokens{out.config.sep, out.config.dec, out.config.dec + 1},
      dtype, Device{}, 1);
  options.parts = models::parts_of(out.config.kind);
  models::WeightFiles files(oracle::path(folder));
  out.report = models::load_weights(files, {&out.blip->weights().weights}, options);
  return out;
}

// Rows of ids and attention_mask without padding.
std::vector<std::vector<int32_t>> unpadded(const oracle::Tensors& io) {
  const std::vector<double> ids = io.values("input_ids"), mask = io.values("attention_mask");
  const int64_t width = io.at("input_ids").size(1);
  std::vector<std::vector<int32_t>> rows(static_cast<size_t>(io.at("input_ids").size(0)));
  for (size_t i = 0; i < ids.size(); ++i)
    if (mask[i] != 0) rows[i / static_cast<size_t>(width)].push_back(static_cast<int32_t>(ids[i]));
  return rows;
}

}  // namespace

TEST_CASE("a retrieval folder of transformers gives its scores and features", "[hf_models]") {
  const std::string folder = "hf/models/retrieval";
  const Loaded loaded = load(folder);
  CHECK(loaded.report.missing.empty());
  CHECK(loaded.report.unexpected.empty());
  const oracle::Tensors io(folder + "/io.safetensors");
  const Tensor tokens = loaded.blip->encode_image(io.f64("pixel_values"));
  const models::PackedText text = models::pack(unpadded(io));
  oracle::check_close("image_feat", loaded.blip->image_features(tokens), io.at("image_feat"), 3e-6);
  oracle::check_close("text_feat", loaded.blip->text_features(text), io.at("text_feat"), 3e-6);
  std::vector<int32_t> pairs;
  for (int64_t i = 0; i < tokens.size(0); ++i) pairs.push_back(static_cast<int32_t>(i));
  const Tensor image_of = Tensor::from(pairs, {tokens.size(0)});
  oracle::check_close("itm_score_with_enc_token", loaded.blip->match(tokens, text, image_of),
                      io.at("itm_score_with_enc_token"), 2e-5);
}

TEST_CASE("captioning folders of transformers, new and old, give its image embeddings",
          "[hf_models]") {
  const oracle::Tensors io("hf/models/caption/io.safetensors");
  for (const std::string folder : {"hf/models/caption", "hf/models/caption-layout-4.30"}) {
    INFO(folder);
    const Loaded loaded = load(folder);
    CHECK(loaded.report.missing.empty());
    CHECK(loaded.report.unexpected.empty());
    oracle::check_close("image_embeds", loaded.blip->encode_image(io.f64("pixel_values")),
                        io.at("image_embeds"), 3e-6);
  }
}

TEST_CASE("a captioning folder of transformers gives its logits and losses", "[hf_models]") {
  const std::string folder = "hf/models/caption";
  const oracle::Tensors io(folder + "/io.safetensors");
  const oracle::Json recorded = oracle::read_json(folder + "/io.json");
  models::Batch batch;
  batch.images = io.f64("pixel_values");
  batch.text = models::pack(unpadded(io));
  for (const double smoothing : {0.0, 0.1}) {
    const Loaded loaded = load(folder);
    const autograd::NoGrad no_grad;
    const double loss = models::Captioning(loaded.blip, smoothing, 1, 0).losses(batch).total.item();
    const std::string key = smoothing == 0 ? "0.0" : "0.1";
    CHECK(std::abs(loss - recorded.at("loss_with_label_smoothing_" + key).get<double>()) < 1e-6);
    // Rows that predict, of each text in turn.
    const Tensor logits = loaded.blip->decode(loaded.blip->encode_image(batch.images), batch.text,
                                              models::next_tokens(batch.text));
    const std::vector<double> own = oracle::to_doubles(logits), all = io.values("logits");
    const auto classes = static_cast<size_t>(io.at("logits").size(2)),
               width = static_cast<size_t>(io.at("logits").size(1));
    std::vector<double> right;
    for (size_t b = 0; b < batch.text.lengths.size(); ++b) {
      const auto row = all.begin() + static_cast<int64_t>(b * width * classes);
      right.insert(right.end(), row,
                   row + static_cast<int64_t>(classes) * (batch.text.lengths[b] - 1));
    }
    CHECK(oracle::largest_difference(own, right) < 1e-5);
  }
}

TEST_CASE("a BlipModel folder of transformers gives its features", "[hf_models]") {
  const std::string folder = "hf/models/contrastive";
  const oracle::Tensors io(folder + "/io.safetensors");
  models::WeightFiles files(oracle::path(folder));
  const models::HfBase base(files, models::read_hf_config(oracle::path(folder + "/config.json")),
                            DType::f64, Device{});
  const Tensor images = base.image_features(io.f64("pixel_values"));
  const Tensor texts = base.text_features(models::pack(unpadded(io)));
  oracle::check_close("image_embeds", images, io.at("image_embeds"), 3e-6);
  oracle::check_close("text_embeds", texts, io.at("text_embeds"), 3e-6);
  std::vector<double> logits = oracle::to_doubles(autograd::linear(images, texts, {}));
  for (double& logit : logits) logit *= std::exp(base.logit_scale());
  CHECK(oracle::largest_difference(logits, io.values("logits_per_image")) < 2e-5);
  models::WeightFiles other(oracle::path("hf/models/caption"));
  CHECK_THROWS_AS(
      models::HfBase(other, models::read_hf_config(oracle::path(folder + "/config.json")),
                     DType::f32, Device{}),
      DataError);
}

TEST_CASE("old pytorch_model.bin files load as model.safetensors does", "[hf_models]") {
  const std::string folder = "hf/models/caption-layout-4.30";
  const Loaded expected = load(folder), read = load(folder);
  const FlatArena& arena = read.blip->weights().weights;
  const FlatArena& wanted = expected.blip->weights().weights;
  arena.flat().fill_zero();
  models::WeightFiles files(oracle::path(folder + "/pytorch_model.bin"));
  models::LoadOptions options;
  options.parts = models::parts_of(expected.config.kind);
  models::load_weights(files, {&arena}, options);
  for (const ArenaEntry& entry : arena.layout().entries())
    if (entry.name.starts_with("text_decoder.") || entry.name.starts_with("visual_encoder.")) {
      INFO(entry.name);
      CHECK(oracle::to_doubles(arena.at(entry.name)) == oracle::to_doubles(wanted.at(entry.name)));
    }
}

TEST_CASE("a folder that does not fit the model is refused with a report", "[hf_models]") {
  const Loaded captioner = load("hf/models/caption");
  const FlatArena& arena = captioner.blip->weights().weights;
  const std::vector<double> before = oracle::to_doubles(arena.flat());
  models::WeightFiles files(oracle::path("hf/models/retrieval"));
  models::LoadOptions options;
  options.parts = models::parts_of(models::HfModel::caption);
  CHECK_THROWS_WITH(models::load_weights(files, {&arena}, options),
                    Catch::Contains("missing") && Catch::Contains("unexpected"));
  CHECK(oracle::to_doubles(arena.flat()) == before);
  options.allow_missing = options.allow_unexpected = options.allow_other_shape = true;
  const models::LoadReport report = models::load_weights(files, {&arena}, options);
  CHECK(report.missing.size() > 0);
  CHECK(report.unexpected.size() > 0);
  CHECK(report.text(1).find("...") != std::string::npos);
}

}  // namespace medley
