// The trained model that a fine-tuning starts from: which of its weights go where, and what is new.
#pragma once

#include <string>
#include <vector>

#include "models/objectives/objective.h"
#include "models/text/tokenizer.h"
#include "train/config/config.h"

namespace medley::train {

struct Origin {
  std::string weights;  // what models::WeightFiles opens
  models::ModelConfig model;
  models::Tokenizer tokenizer;
};

// Throws ConfigError with both sizes when a configuration asks for another width or depth than the
// origin has. Pictures may have another size: position embeddings are resized.
void check_sizes(const TrainConfig& config, const Origin& origin);

struct Taken {
  std::vector<std::string> lines;      // what was taken, resized, drawn anew: for a person
  std::vector<std::string> new_names;  // parameters that the origin lacks, and nothing like them
};
// Copies the weights by name. A parameter that the origin lacks starts from its like there
// (models::related_names), else it stays as it was drawn. Momentum towers start as the origin's own
// where it has them, else as copies of the student's towers; queues stay new.
Taken start_from(models::Objective& objective, const Origin& origin);

}  // namespace medley::train
