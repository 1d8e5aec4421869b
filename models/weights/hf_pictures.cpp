// Reads the two files, in transformers' order of precedence.
#include "models/weights/hf_pictures.h"

#include <cmath>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "models/vision/pixels.h"

namespace medley::models {
namespace {

constexpr int64_t kBicubic = 3;  // of Pillow's filters

class Reader {
 public:
  Reader(std::string path, Json json) : path_(std::move(path)), json_(std::move(json)) {
    if (!json_.is_object()) throw DataError(path_ + ": it holds no object");
  }

  // Null: absent, or null.
  const Json* find(const std::string& key) const {
    const Json* found = json_.find(key);
    return found && !found->is_null() ? found : nullptr;
  }
  bool flag(const std::string& key, bool otherwise) const {
    const Json* found = find(key);
    if (!found) return otherwise;
    try {
      return found->boolean();
    } catch (const DataError&) {
      refuse(key, "true or false is wanted");
    }
  }
  double number(const std::string& key, const Json& value, double least, double most) const {
    if (!value.is_number() || !(value.number() >= least && value.number() <= most))
      refuse(key, str("a number in ", least, " .. ", most, " is wanted"));
    return value.number();
  }
  // One number for all channels, or three.
  std::array<double, 3> channels(const std::string& key, const std::array<float, 3>& otherwise,
                                 double least, double most) const {
    std::array<double, 3> values{otherwise[0], otherwise[1], otherwise[2]};
    const Json* found = find(key);
    if (found && found->is_number()) {
      values.fill(number(key, *found, least, most));
    } else if (found) {
      if (!found->is_array() || found->items().size() != 3)
        refuse(key, "three numbers are wanted, for red, green and blue");
      for (size_t c = 0; c < 3; ++c) values[c] = number(key, found->items()[c], least, most);
    }
    return values;
  }
  // Of a square: a number, or {"height", "width"}. 0: absent.
  int64_t side(const std::string& key) const {
    const Json* found = find(key);
    if (!found) return 0;
    const Json* height = found->is_object() ? found->find("height") : found;
    const Json* width = found->is_object() ? found->find("width") : found;
    if (!height || !width || !height->is_integer() || !width->is_integer() ||
        height->integer() != width->integer() || height->integer() < 1)
      refuse(key, "medley makes every picture a square: {\"height\": N, \"width\": N}");
    return height->integer();
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& why) const {
    std::string value = find(key)->dump();
    if (value.size() > 60) value = value.substr(0, 60) + "...";
    throw DataError(str(path_, ": '", key, "' is ", value, ": ", why),
                    "a value that medley does not have would change what the model sees; edit the "
                    "file if the difference does not matter");
  }

 private:
  std::string path_;
  Json json_;
};

// What could only be done to the picture itself.
void refuse_other_ways(const Reader& json, int64_t side) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"})
    if (const Json* type = json.find(key)) {
      const std::string name = type->is_string() ? type->text() : "";
      if (name.rfind("BlipImageProcessor", 0) != 0 && name != "BlipFeatureExtractor")
        json.refuse(key, "medley prepares pictures as BlipImageProcessor does");
    }
  if (!json.flag("do_resize", true)) json.refuse("do_resize", "medley resizes every picture");
  if (const Json* filter = json.find("resample");
      filter && !(filter->is_integer() && filter->integer() == kBicubic))
    json.refuse("resample", "medley resizes by 3, which is bicubic");
  // Neither of them does anything to a picture that has the size already.
  if (json.flag("do_center_crop", false) && json.side("crop_size") != side)
    json.refuse("do_center_crop", "medley does not crop");
  if (json.flag("do_pad", false))
    if (const int64_t padded = json.side("pad_size"); padded != 0 && padded != side)
      json.refuse("pad_size", "medley adds no borders");
}

// The json that transformers reads: of a BlipProcessor, else of its image processor.
Reader open(const std::string& folder, std::string& file) {
  const std::string processor = folder + "/processor_config.json";
  const std::string pictures = folder + "/preprocessor_config.json";
  if (std::filesystem::exists(processor)) {
    const Json json = Json::read(processor);
    if (const Json* own = json.find("image_processor")) return {file = processor, *own};
  }
  if (std::filesystem::exists(pictures)) return {file = pictures, Json::read(pictures)};
  return {"", Json::object()};
}

}  // namespace

HfPictures read_hf_pictures(const std::string& folder) {
  HfPictures pictures;
  const Reader json = open(folder, pictures.file);
  pictures.side = json.side("size");
  refuse_other_ways(json, pictures.side);
  std::array<double, 3> mean = json.channels("image_mean", kPictureMean, -1e3, 1e3);
  std::array<double, 3> deviation = json.channels("image_std", kPictureStd, 1e-3, 1e3);
  double scale = 1.0 / 255;
  if (const Json* factor = json.find("rescale_factor"))
    scale = json.number("rescale_factor", *factor, 1e-6, 1e3);
  if (!json.flag("do_rescale", true)) scale = 1;
  if (!json.flag("do_normalize", true)) {
    mean.fill(0);
    deviation.fill(1);
  }
  // A byte u is (u / 255 - m) / s to medley and (u * scale - mean) / deviation to the folder.
  const double stretch = std::abs(255 * scale - 1) < 1e-12 ? 1 : 255 * scale;
  for (size_t c = 0; c < 3; ++c) {
    const double m = kPictureMean[c], s = kPictureStd[c];
    if (stretch == 1 && static_cast<float>(mean[c]) == kPictureMean[c] &&
        static_cast<float>(deviation[c]) == kPictureStd[c])
      continue;
    pictures.factor[c] = stretch * s / deviation[c];
    pictures.addend[c] = (stretch * m - mean[c]) / deviation[c];
  }
  return pictures;
}

namespace {

// The channel of each value of a weight [C, 3, P, P].
size_t channel_of(size_t value, const Tensor& weight) {
  return value / static_cast<size_t>(weight.size(2) * weight.size(3)) % 3;
}

}  // namespace

Tensor adapted_weight(const Tensor& weight, const HfPictures& pictures) {
  std::vector<double> values = weight.to(DType::f64).to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i) values[i] *= pictures.factor[channel_of(i, weight)];
  return Tensor::from(values, weight.shape());
}

Tensor adapted_bias(const Tensor& bias, const Tensor& weight, const HfPictures& pictures) {
  std::vector<double> sums = bias.to(DType::f64).to_vector<double>();
  const std::vector<double> values = weight.to(DType::f64).to_vector<double>();
  const size_t of_output = values.size() / sums.size();
  for (size_t i = 0; i < values.size(); ++i)
    sums[i / of_output] += values[i] * pictures.addend[channel_of(i, weight)];
  return Tensor::from(sums, bias.shape());
}

}  // namespace medley::models
