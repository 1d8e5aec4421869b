// Writes a model as a Hugging Face folder.
#pragma once

#include <string>

#include "core/arena.h"
#include "models/text/tokenizer.h"
#include "models/weights/hf_config.h"

namespace medley::train {

// Each file is whole or not there. Throws IoError when the folder exists already and is not empty.
void write_huggingface(const std::string& folder, const FlatArena& weights,
                       const models::HfConfig& config, const models::Tokenizer& tokenizer);

}  // namespace medley::train
