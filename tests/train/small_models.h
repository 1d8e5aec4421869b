// Models of random weights and a tokenizer for them.
#pragma once

#include <memory>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"

namespace medley::train {

inline models::Tokenizer small_tokenizer() {
  return models::Tokenizer(models::train_vocabulary(
      {"a cat left of a dog", "the black bird above a tree", "yes no two red blue things",
       "how many what is it where are they", "a picture of a photo of the zebra"},
      90));
}

inline models::ModelConfig small_sizes(const models::Tokenizer& tokenizer) {
  models::ModelConfig config = models::preset("tiny").model;
  config.vocab_size = tokenizer.size();
  config.max_positions = config.max_tokens = 16;
  config.init_std = 0.5;  // so that scores differ
  return config;
}

inline models::SpecialTokens special(const models::Tokenizer& t) {
  return {t.sep(), t.dec(), t.enc()};
}

// Any model that is built from sizes, special tokens, dtype, device and seed.
template <class Model>
std::shared_ptr<Model> small_model(const models::Tokenizer& tokenizer) {
  return std::make_shared<Model>(small_sizes(tokenizer), special(tokenizer), DType::f32, Device{},
                                 7);
}

}  // namespace medley::train
