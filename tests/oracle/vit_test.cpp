// The original's vision transformer and its position embeddings at other picture sizes.
#include "models/vision/vit.h"

#include <cmath>
#include <regex>

#include "autograd/nn/parameters.h"
#include "core/error.h"
#include "models/vision/positions.h"
#include "tests/catch.h"
#include "tests/oracle/oracle.h"

namespace medley {
namespace {

const std::string kFolder = "blip/vit/";

int64_t side_of(const Tensor& table) {
  return std::llround(std::sqrt(static_cast<double>(table.size(1) - 1)));
}

// The tower in f64 with these weights, for pictures of `image_size`.
Tensor run_vit(models::ModelConfig config, const oracle::Tensors& weights, int64_t image_size,
               const Tensor& positions, const Tensor& images) {
  config.image_size = image_size;
  autograd::ParameterBuilder builder;
  const models::Vit vit(builder, "visual_encoder", config);
  const autograd::ParameterStore store = builder.build(DType::f64, {}, 1, false);
  for (const ArenaEntry& entry : store.layout().entries())
    store.weights.at(entry.name)
        .copy_from(entry.name.ends_with("pos_embed") ? positions : weights.f64(entry.name));
  return vit.tokens(images).view({images.size(0), config.tokens_per_image(), config.vit_width});
}

}  // namespace

TEST_CASE("position embeddings resize as the original does", "[vit]") {
  const oracle::Tensors values(kFolder + "values.safetensors");
  const std::regex name("(grid\\d+to\\d+)\\.input");
  size_t cases = 0;
  for (const auto& [key, table] : values.all()) {
    std::smatch match;
    if (!std::regex_match(key, match, name)) continue;
    const Tensor& expected = values.at(match[1].str() + ".output");
    const int64_t side = side_of(expected);
    oracle::check_close(key, models::resize_positions(table, side, side), expected, 1e-12);
    ++cases;
  }
  CHECK(cases > 0);
  for (const char* size : {"larger", "smaller"}) {
    const Tensor expected = values.f64(std::string("pos_embed_") + size);
    oracle::check_close(
        size,
        models::resize_positions(values.f64("pos_embed"), side_of(expected), side_of(expected)),
        expected, 1e-12);
  }
}

TEST_CASE("the vision transformer of the original, at the size it was made for and at others",
          "[vit]") {
  const oracle::Json config = oracle::read_json(kFolder + "config.json");
  const std::string place = config.at("weights").get<std::string>();
  const oracle::Tensors values(kFolder + "values.safetensors");
  const oracle::Tensors weights(kFolder + place.substr(0, place.find(' ')));
  const models::ModelConfig model = oracle::model_config(config);
  const Tensor table = weights.f64("visual_encoder.pos_embed");
  oracle::check_close("output",
                      run_vit(model, weights, model.image_size, table, values.f64("images")),
                      values.f64("output"), 1e-11);
  for (const std::string size : {"larger", "smaller"}) {
    const int64_t pixels = config.at(size + "_image_size");
    const int64_t side = pixels / model.patch_size;
    oracle::check_close(size,
                        run_vit(model, weights, pixels, models::resize_positions(table, side, side),
                                values.f64(size + ".images")),
                        values.f64(size + ".output"), 1e-11);
  }
}

TEST_CASE("a checkpoint's position embeddings grow as the original's loader grows them", "[vit]") {
  const oracle::Tensors model("blip/checkpoint/model.safetensors");
  const oracle::Tensors loaded("blip/checkpoint/loaded_into_retrieval.safetensors");
  for (const auto& [name, expected] : loaded.all()) {
    const int64_t side = side_of(expected);
    oracle::check_close(name, models::resize_positions(model.at(name), side, side), expected, 1e-6);
  }
}

TEST_CASE("a table without a square grid is not resized", "[vit]") {
  CHECK_THROWS_AS(models::resize_positions(Tensor::zeros({1, 4, 2}), 2, 2), ShapeError);
  CHECK_THROWS_AS(models::resize_positions(Tensor::zeros({1, 1, 2}), 2, 2), ShapeError);
  CHECK_THROWS_AS(models::resize_positions(Tensor::zeros({5, 2}), 2, 2), ShapeError);
  CHECK_THROWS_AS(models::resize_positions(Tensor::zeros({1, 5, 2}), 0, 2), ShapeError);
}

}  // namespace medley
