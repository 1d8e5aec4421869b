// Loads a BlipModel and computes its features.
#include "models/weights/hf_base.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/layernorm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/normalize.h"
#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/str.h"
#include "models/text/pass.h"
#include "models/weights/elements.h"
#include "models/weights/load.h"

namespace medley::models {
namespace {

const char* const kPoolerWeight = "text_encoder.pooler.dense.weight";
const char* const kPoolerBias = "text_encoder.pooler.dense.bias";
const char* const kScale = "logit_scale";

Tensor read(WeightFiles& files, const std::string& name, const Shape& shape, DType dtype) {
  for (const WeightEntry& entry : files.entries())
    if (entry.name == name) {
      const Tensor stored = files.read(entry), tensor = Tensor::empty(shape, dtype);
      if (stored.shape() != shape)
        throw DataError(
            str(files.path(), ": '", entry.stored, "' is ", stored.shape(), " instead of ", shape));
      copy_floats(stored, tensor, entry.stored);
      return tensor;
    }
  throw DataError(files.path() + " has no '" + name + "'", "a BlipModel has one");
}

Tensor tanh_of(const Tensor& x) {
  std::vector<double> values = x.to(DType::f64).to_vector<double>();
  std::transform(values.begin(), values.end(), values.begin(),
                 [](double v) { return std::tanh(v); });
  return Tensor::from(values, x.shape()).to(x.dtype());
}

}  // namespace

HfBase::HfBase(WeightFiles& files, const HfConfig& config, DType dtype, Device device)
    : config_(config),
      towers_(std::make_unique<Blip>(
          config.model, SpecialTokens{config.sep, config.dec, config.dec + 1}, dtype, device)) {
  LoadOptions options;
  options.parts = parts_of(HfModel::base);
  options.allow_unexpected = true;
  const LoadReport report = load_weights(files, {&towers_->weights().weights}, options);
  for (const std::string& name : report.unexpected)
    if (name != kPoolerWeight && name != kPoolerBias && name != kScale)
      throw DataError(str(files.path(), " holds '", name, "', which a BlipModel does not have"));
  const int64_t width = config.model.text_width;
  pooler_weight_ = read(files, kPoolerWeight, {width, width}, dtype);
  pooler_bias_ = read(files, kPoolerBias, {width}, dtype);
  logit_scale_ = read(files, kScale, {}, DType::f64).item();
}

Tensor HfBase::image_features(const Tensor& images) const {
  const autograd::NoGrad no_grad;
  const FlatArena& weights = towers_->weights().weights;
  const Tensor tokens = towers_->encode_image(images);
  const Tensor first = tokens.slice(1, 0, 1).contiguous().view({tokens.size(0), tokens.size(2)});
  const Tensor pooled =
      autograd::layernorm(first, weights.at("visual_encoder.norm.weight"),
                          weights.at("visual_encoder.norm.bias"), config_.model.vit_eps);
  return autograd::normalize(autograd::linear(pooled, weights.at("vision_proj.weight"), {}));
}

Tensor HfBase::text_features(const PackedText& text) const {
  const autograd::NoGrad no_grad;
  const Tensor first = autograd::gather_rows(towers_->text_states(text), first_rows(text));
  const Tensor pooled = tanh_of(autograd::linear(first, pooler_weight_, pooler_bias_));
  return autograd::normalize(
      autograd::linear(pooled, towers_->weights().weights.at("text_proj.weight"), {}));
}

}  // namespace medley::models
