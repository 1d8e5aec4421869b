// Names of parameters in the original BLIP, which medley uses, and in Hugging Face transformers.
// They differ in the image tower, and for transformers' base model (BlipModel) in the text encoder
// and the projections. Query, key and value are one matrix in both image towers (rows query, key,
// value) and three in both text towers, so that no tensor changes its layout.
#pragma once

#include <string>

namespace medley::models {

// visual_encoder.blocks.0.attn.proj.weight -> vision_model.encoder.layers.0.self_attn.projection.
// weight. `base_model`: for BlipModel, whose text encoder is called text_model. Other names stay.
std::string transformers_name(const std::string& original, bool base_model = false);
// The inverse, for every class.
std::string original_name(const std::string& transformers);

}  // namespace medley::models
