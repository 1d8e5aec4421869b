// Reads how a Hugging Face folder wants its pictures prepared, from its processor_config.json or
// preprocessor_config.json. medley prepares all pictures in one way (models/vision/pixels.h). Where
// a folder has another mean, deviation or scale, a channel's values differ from medley's by a
// factor and an addend, and the first layer, which is linear and has no padding, can take both into
// its weights: so the model sees what it was trained on, whatever it is used for. Everything else,
// such as another filter or a crop, is refused.
#pragma once

#include <array>
#include <string>

#include "core/tensor.h"

namespace medley::models {

struct HfPictures {
  std::string file;  // that says so; empty: none does
  int64_t side = 0;  // pixels; 0: not said
  // What the model is to see of a channel is factor * x + addend, where x is what medley prepares.
  std::array<double, 3> factor{1, 1, 1}, addend{0, 0, 0};

  bool usual() const { return factor == decltype(factor){1, 1, 1} && addend == decltype(addend){}; }
};

// Keys that are absent have the values of transformers' BlipImageProcessor. Throws DataError for
// what cannot be applied, with the file, the key and its value.
HfPictures read_hf_pictures(const std::string& folder);

// The first layer's weight [C, 3, P, P] and bias [C] for pictures as medley prepares them, in f64.
Tensor adapted_weight(const Tensor& weight, const HfPictures& pictures);
Tensor adapted_bias(const Tensor& bias, const Tensor& weight, const HfPictures& pictures);

}  // namespace medley::models
