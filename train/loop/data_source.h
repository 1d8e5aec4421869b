// The data sets and the tokenizer that a configuration asks for.
#pragma once

#include <memory>
#include <string>

#include "models/text/tokenizer.h"
#include "train/config/config.h"
#include "train/data/dataset.h"

namespace medley::train {

std::unique_ptr<Dataset> open_training_set(const TrainConfig& config);
// A split to evaluate on. Scenes of a split are the same for every seed of training, so that
// figures can be compared.
std::unique_ptr<Dataset> open_split(const TrainConfig& config, const std::string& split);
// From data.vocabulary, or trained from the captions of the training set.
models::Tokenizer make_tokenizer(const TrainConfig& config, const Dataset& training_set);

}  // namespace medley::train
