// The sizes of models that files of weights do not carry.
#pragma once

#include <algorithm>
#include <string>

#include "core/json.h"
#include "tests/train/temp_folder.h"
#include "train/config/config.h"

namespace medley::train {

// A configuration file with the sizes of a model.
inline std::string write_sizes(const std::string& path, const models::ModelConfig& model) {
  TrainConfig config;
  config.model = model;
  write_bytes(path, print_config(config));
  return path;
}

// Of a folder of oracles: its config.json.
inline models::ModelConfig sizes_of_original(const Json& json) {
  models::ModelConfig m;
  m.image_size = json.at("image_size").integer();
  m.patch_size = json.at("patch_size").integer();
  m.vit_width = json.at("vision_width").integer();
  m.vit_depth = json.at("vision_layers").integer();
  m.vit_heads = json.at("vision_heads").integer();
  m.text_width = json.at("text_width").integer();
  m.text_depth = json.at("text_layers").integer();
  m.text_heads = json.at("text_heads").integer();
  m.text_ffn = json.at("text_intermediate").integer();
  m.embed_dim = json.at("embed_dim").integer();
  m.vocab_size = json.at("vocab_size").integer();
  m.max_positions = json.at("max_position_embeddings").integer();
  m.max_tokens = std::min(m.max_tokens, m.max_positions);
  return m;
}

}  // namespace medley::train
