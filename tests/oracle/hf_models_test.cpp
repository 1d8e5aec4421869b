// Folders of transformers, read into medley's model: every tensor finds its place, and what the
// model computes in f64 is what transformers computed.
#include "core/error.h"
#include "models/blip/blip.h"
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
  std::unique_ptr<Blip> blip;
  models::LoadReport report;
};

Loaded load(const std::string& folder, models::LoadOptions options = {}, DType dtype = DType::f64) {
  Loaded out;
  out.config = models::read_hf_config(oracle::path(folder + "/config.json"));
  out.config.model.dropout = 0;
  models::LossConfig losses;
  losses.queue_size = 0;
  out.blip = std::make_unique<Blip>(
      out.config.model, losses,
      models::SpecialTokens{out.config.sep, out.config.dec, out.config.dec + 1}, dtype, Device{},
      1);
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
