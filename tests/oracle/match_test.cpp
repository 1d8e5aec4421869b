// The original's image-text matching (blip/itm) and feature extractor (blip/feature), in f64.
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"

namespace medley::oracle {
namespace {

using models::Blip;

constexpr double kTolerance = 1e-11;

Blip matcher(const Json& config) {
  return Blip(model_config(config), special_tokens(config), DType::f64, {});
}

TEST_CASE("itm: logits of all pairs with either first token, and cosines") {
  const Json config = read_json("blip/itm/config.json");
  const Tensors right("blip/itm/values.safetensors");
  Blip blip = matcher(config);
  load_some(blip, Tensors("blip/itm/weights.safetensors"));
  const models::Batch batch = batch_of(right, "", DType::f64);
  const Tensor image = blip.encode_image(batch.images);
  const auto texts = static_cast<int32_t>(batch.text.lengths.size());
  for (const auto& [name, first] : {std::pair("itm_logits", Blip::FirstToken::cls),
                                    {"itm_logits_enc", Blip::FirstToken::enc}}) {
    std::vector<double> logits;
    for (int32_t i = 0; i < image.size(0); ++i) {
      const std::vector<double> row = to_doubles(blip.match(
          image, batch.text,
          Tensor::from(std::vector<int32_t>(static_cast<size_t>(texts), i), {texts}), first));
      logits.insert(logits.end(), row.begin(), row.end());
    }
    INFO(name);
    CHECK(largest_difference(logits, right.values(name)) <= kTolerance);
  }
  const std::vector<double> v = to_doubles(blip.image_features(image)),
                            w = to_doubles(blip.text_features(batch.text));
  const size_t width = w.size() / static_cast<size_t>(texts);
  std::vector<double> cosines;
  for (size_t i = 0; i < v.size(); i += width)
    for (size_t j = 0; j < w.size(); j += width) {
      double sum = 0;
      for (size_t k = 0; k < width; ++k) sum += v[i + k] * w[j + k];
      cosines.push_back(sum);
    }
  CHECK(largest_difference(cosines, right.values("itc")) <= kTolerance);
}

TEST_CASE("feature: image, text and multimodal states") {
  const Json config = read_json("blip/feature/config.json");
  const Tensors right("blip/feature/values.safetensors");
  Blip blip = matcher(read_json("blip/itm/config.json"));  // whose weights it uses
  load_some(blip, Tensors("blip/itm/weights.safetensors"));
  Tensor images = Tensor::empty(right.at("images").shape(), DType::f64);
  copy_values(images, right.at("images"));
  const Tensor image = blip.encode_image(images);
  check_close("image", image, right.at("image"), kTolerance);
  for (size_t i = 0; i < config.at("texts").size(); ++i) {
    const std::string text = "text" + std::to_string(i) + ".";
    std::vector<int32_t> ids;
    for (const double id : right.values(text + "input_ids"))
      ids.push_back(static_cast<int32_t>(id));
    const models::PackedText packed = models::pack({ids});
    check_close(text + "text", blip.text_states(packed), right.at(text + "text"), kTolerance);
    check_close(text + "multimodal",
                blip.multimodal_states(image, packed, Tensor::from(std::vector<int32_t>{0}, {1})),
                right.at(text + "multimodal"), kTolerance);
  }
}

}  // namespace
}  // namespace medley::oracle
