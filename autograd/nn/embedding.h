// Embedding of packed text: a vector for each token plus one for its position, from the tables
// <name>.word_embeddings.weight [V, C] and <name>.position_embeddings.weight [P, C].
#pragma once

#include <string>

#include "autograd/nn/parameters.h"
#include "autograd/ops/embedding.h"

namespace medley::autograd {

class Embedding {
 public:
  Embedding() = default;
  Embedding(ParameterBuilder& builder, const std::string& name, int64_t words, int64_t positions,
            int64_t width, Init weight)
      : words_(builder.add(name + ".word_embeddings.weight", {words, width}, weight)),
        positions_(builder.add(name + ".position_embeddings.weight", {positions, width}, weight)) {}

  // ids, positions [tokens] i32 -> [tokens, C]
  Tensor operator()(const Tensor& ids, const Tensor& positions) const {
    return embedding(ids, positions, words_, positions_, words_.compute().dtype());
  }
  // [V, C]: an output layer often shares it.
  const Parameter& words() const { return words_; }

 private:
  Parameter words_, positions_;
};

}  // namespace medley::autograd
