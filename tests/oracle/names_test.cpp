// Names of the original and of transformers, both ways, for every tensor of the real models.
#include "models/weights/names.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "models/blip/blip.h"
#include "models/vqa/vqa.h"
#include "models/weights/hf_config.h"
#include "tests/catch.h"
#include "tests/oracle/oracle.h"

namespace medley {
namespace {

// The real models are the same in every set of golden values: always this copy.
const std::string kNames = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/names/";

oracle::Json names_of(const std::string& size) {
  std::ifstream file(kNames + "blip-" + size + ".names.json");
  REQUIRE(file.is_open());
  return oracle::Json::parse(file).at("models");
}

// Layout of the weights of a real model, on the device that takes no memory.
ArenaLayout layout_of(const std::string& size, const std::string& kind, int64_t image_size) {
  models::ModelConfig config = models::preset(size).model;
  config.image_size = image_size;
  const Device meta{Device::Meta};
  const models::SpecialTokens tokens{102, 30522, 30523};
  if (kind == "vqa")
    return models::Vqa(config, tokens, DType::f32, meta, std::nullopt).weights().layout();
  return models::Blip(config, tokens, DType::f32, meta).weights().layout();
}

}  // namespace

TEST_CASE("the base and large models have the names and shapes of the real ones", "[names]") {
  for (const std::string size : {"base", "large"}) {
    const oracle::Json all = names_of(size);
    for (const auto& [kind, hf] :
         {std::pair<std::string, models::HfModel>{"caption", models::HfModel::caption},
          {"itm", models::HfModel::itm},
          {"vqa", models::HfModel::vqa}}) {
      INFO(size << " " << kind);
      const oracle::Json& model = all.at(kind);
      const ArenaLayout layout = layout_of(size, kind, model.at("image_size"));
      std::set<std::string> listed;
      for (const auto& [tensor, about] : model.at("tensors").items()) {
        const std::string original = model.at("original_names").at(tensor);
        INFO(original);
        listed.insert(original);
        REQUIRE(layout.contains(original));
        // transformers' VQA has other widths than the original's where the towers' differ.
        if (model.at("shape_differs").contains(tensor)) continue;
        const Shape& own = layout.entry(original).shape;
        std::vector<int64_t> sizes;
        for (int i = 0; i < own.rank(); ++i) sizes.push_back(own[i]);
        CHECK(sizes == about.at(1).get<std::vector<int64_t>>());
      }
      // Nothing beyond them but the owners of fused matrices.
      for (const ArenaEntry& entry : layout.entries()) {
        const std::vector<std::string> parts = models::parts_of(hf);
        if (std::none_of(parts.begin(), parts.end(),
                         [&](const std::string& part) { return entry.name.starts_with(part); }))
          continue;
        INFO(entry.name);
        const bool fused = entry.name.ends_with(".qkv.weight") ||
                           entry.name.ends_with(".qkv.bias") ||
                           entry.name.ends_with(".kv.weight") || entry.name.ends_with(".kv.bias");
        CHECK((listed.contains(entry.name) || fused));
      }
    }
  }
}

TEST_CASE("every name of the base and large models is renamed both ways", "[names]") {
  size_t compared = 0;
  for (const std::string size : {"base", "large"}) {
    const oracle::Json all = names_of(size);
    for (const auto& [kind, model] : all.items()) {
      INFO(size << " " << kind);
      const bool base = !model.contains("original_names");
      for (const auto& [tensor, about] : model.at("tensors").items()) {
        const std::string original = models::original_name(tensor);
        if (!base) CHECK(original == model.at("original_names").at(tensor).get<std::string>());
        CHECK(models::transformers_name(original, base) == tensor);
        ++compared;
      }
    }
  }
  CHECK(compared > 0);
}

}  // namespace medley
