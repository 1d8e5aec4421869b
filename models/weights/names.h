// Names of parameters in the original BLIP, which medley uses, and in Hugging Face transformers.
// They differ in the image tower, and for transformers' base model (BlipModel) in the text encoder
// and the projections. Query, key and value are one matrix in both image towers (rows query, key,
// value) and three in both text towers, so that no tensor changes its layout.
#pragma once

#include <string>
#include <vector>

namespace medley::models {

// visual_encoder.blocks.0.attn.proj.weight -> vision_model.encoder.layers.0.self_attn.projection.
// weight. `base_model`: for BlipModel, whose text encoder is called text_model. Other names stay.
std::string transformers_name(const std::string& original, bool base_model = false);
// The inverse, for every class.
std::string original_name(const std::string& transformers);
// Where a parameter may start from in a model that lacks it, the best first: the other of two texts
// that share weights in pre-training, and the one cross-attention of which NLVR2 makes two.
std::vector<std::string> related_names(const std::string& original);

}  // namespace medley::models
