// Image tower, text tower and their projections into the contrastive space: what the student and
// the momentum model both have. Declared in one go, so that the momentum arena is a copy of a range
// of the student's.
#pragma once

#include "models/text/med.h"
#include "models/vision/vit.h"

namespace medley::models {

// First parts of parameter names, which are scopes too: literals.
struct TowerNames {
  const char* image;
  const char* text;
  const char* image_projection;
  const char* text_projection;
};
inline constexpr TowerNames kStudentNames{"visual_encoder", "text_encoder", "vision_proj",
                                          "text_proj"};
inline constexpr TowerNames kMomentumNames{"visual_encoder_m", "text_encoder_m", "vision_proj_m",
                                           "text_proj_m"};

struct Towers {
  Towers() = default;
  Towers(autograd::ParameterBuilder& builder, const TowerNames& names, const ModelConfig& config);

  // Class tokens [B, C] -> unit rows [B, E].
  Tensor image_features(const Tensor& class_tokens) const;
  // [CLS] states of the texts -> unit rows [B, E].
  Tensor text_features(const PackedText& text, const DropoutSites& dropout = {}) const;

  Vit image;
  Med text;
  autograd::Linear image_projection, text_projection;
};

}  // namespace medley::models
