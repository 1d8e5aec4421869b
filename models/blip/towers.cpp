// Towers and contrastive features.
#include "models/blip/towers.h"

#include "autograd/dtype_switch.h"
#include "autograd/ops/cast.h"
#include "autograd/ops/normalize.h"
#include "core/scope.h"

namespace medley::models {
namespace {

// Features are compared in f32 whatever the towers compute in.
Tensor unit_rows(const Tensor& projected) {
  return autograd::normalize(autograd::cast(projected, autograd::wide(projected.dtype())));
}

}  // namespace

Towers::Towers(autograd::ParameterBuilder& builder, const TowerNames& names, const ModelConfig& c)
    : image(builder, names.image, c),
      text(builder, names.text, c),
      image_projection(builder, names.image_projection, c.vit_width, c.embed_dim),
      text_projection(builder, names.text_projection, c.text_width, c.embed_dim) {}

Tensor Towers::image_features(const Tensor& class_tokens) const {
  const Scope scope("vision_proj");
  return unit_rows(image_projection(class_tokens));
}

Tensor Towers::text_features(const PackedText& packed, const DropoutSites& dropout) const {
  MedPass pass = encoder_pass(packed, packed.ids);
  pass.dropout = dropout;
  const Tensor hidden = text.forward(pass);
  const Scope scope("text_proj");
  return unit_rows(text_projection(hidden));
}

}  // namespace medley::models
