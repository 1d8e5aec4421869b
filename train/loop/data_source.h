// The data sets and the tokenizer that a configuration asks for.
#pragma once

#include <memory>
#include <string>

#include "models/text/tokenizer.h"
#include "train/config/config.h"
#include "train/data/dataset.h"

namespace medley::train {

struct NamedData {
  std::string name;     // of the split
  std::string summary;  // "COCO captions: 591,753 captions of 118,287 pictures"
  std::unique_ptr<Dataset> data;
};
// What is trained on. Throws ConfigError when the objective needs rows of another kind.
NamedData open_training_set(const TrainConfig& config);
// A split to evaluate on. Scenes of a split are the same for every seed of training, so that
// figures can be compared.
NamedData open_split(const TrainConfig& config, const std::string& split);

struct TrainingData {
  NamedData train;
  std::vector<NamedData> splits;  // eval.splits
};
// All that a run will read.
TrainingData open_training_data(const TrainConfig& config);
// From data.vocabulary, or trained from the captions of the training set.
models::Tokenizer make_tokenizer(const TrainConfig& config, const Dataset& training_set);
// The vocabulary of another model, with finetune.new_words words of the training set behind its
// pieces: the most frequent of those that it has in pieces only.
models::Tokenizer extend_tokenizer(const models::Tokenizer& tokenizer, const TrainConfig& config,
                                   const Dataset& training_set);
// Warns when the vocabulary does not cover the texts: more than 5 % of the pieces are unknown.
void warn_of_unknown_words(const models::Tokenizer& tokenizer, const Dataset& training_set);

}  // namespace medley::train
