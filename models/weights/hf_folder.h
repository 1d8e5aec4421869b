// A trained model as a folder that transformers' from_pretrained loads with no missing and no
// unexpected keys. Here are its contents; who writes them decides how (train/checkpoint).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/arena.h"
#include "models/text/tokenizer.h"
#include "models/weights/hf_config.h"
#include "models/weights/safetensors.h"

namespace medley::models {

// The tensors whose names begin with one of `parts`, f32, under the original's names; memory that
// has several names once. Throws ValueError when a part is not there.
std::vector<NamedTensor> part_tensors(const FlatArena& arena,
                                      const std::vector<std::string>& parts);

// The tensors of model.safetensors, f32: the names of `kind` with every shared memory once, as
// save_pretrained leaves them. Throws ValueError for HfModel::base, whose text encoder has a pooler
// that BLIP does not have, and when the arena lacks a part.
std::vector<NamedTensor> hf_tensors(const FlatArena& arena, HfModel kind);
// Metadata of model.safetensors: transformers refuses a file without it.
SafetensorsMetadata hf_metadata();

// config.json, preprocessor_config.json, tokenizer_config.json, special_tokens_map.json and
// vocab.txt: name and contents.
std::vector<std::pair<std::string, std::string>> hf_texts(const HfConfig& config,
                                                          const Tokenizer& tokenizer);

}  // namespace medley::models
