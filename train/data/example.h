// One row of a data set as training takes it: tokens instead of words, with what is drawn for this
// step already drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/philox.h"
#include "core/tensor.h"
#include "models/batch.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"

namespace medley::train {

struct TextConfig {
  int64_t max_tokens = 16;      // of a text, [CLS] and [SEP] counted; the rest is cut
  double references = 0;        // captions: probability that another right text stands in
  std::string prompt{};         // what each caption begins with, such as "a picture of "
  bool group_pictures = false;  // Batch::caption: equal for equal pictures, else for equal captions
  // Comparisons: half of the time the pictures change places, and "left" and "right" in the
  // sentence.
  bool swap_pictures = false;
};

struct Example {
  std::vector<int32_t> text;
  int64_t group = 0;  // equal in captions, or pictures, that are no negatives of each other
  std::vector<std::vector<int32_t>> answers;
  std::vector<double> weights;
  int32_t truth = 0;
  std::vector<int64_t> pictures;
};

// Throws DataError for a question without
// answers and for a comparison of which nobody says whether it is true.
Example make_example(RowKind kind, const Row& row, const models::Tokenizer& tokenizer,
                     const TextConfig& config, Random& random);

// Tokens that stand before the words of a caption: [CLS] and the prompt.
int64_t given_tokens(const models::Tokenizer& tokenizer, const std::string& prompt);

// The texts of a batch, without its pictures.
models::Batch pack_examples(RowKind kind, const std::vector<Example>& examples);

}  // namespace medley::train
