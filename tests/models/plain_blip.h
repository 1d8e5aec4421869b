// The pre-training step as the original does it, kept to be compared with: separate passes for
// positives, negatives and decoder, negative images copied, keys and values of the images projected
// in each pass, every row through every layer. It has its own copy of the weights, found by the
// original's names.
#pragma once

#include <map>
#include <string>

#include "support.h"

namespace medley::models::test {

class PlainBlip {
 public:
  // Copies weights, momentum weights and queue as they are now.
  explicit PlainBlip(Pretraining& objective);

  struct Losses {
    Tensor itc, itm, lm, total;
  };
  // `at` must hold the negatives.
  Losses step(const Batch& batch, const At& at);
  // Gradient of a weight that owns memory, after backward.
  Tensor gradient(const std::string& name) const { return leaves_.at(name).gradient; }

 private:
  struct Leaf {
    Tensor tensor, gradient;
  };
  struct Image {  // of the texts of a pass, one each
    Tensor tokens;
    autograd::Sequences sequences;
  };

  const Tensor& at(const std::string& name) const;
  Tensor linear(const Tensor& x, const std::string& name) const;
  Tensor norm(const Tensor& x, const std::string& name, double eps) const;
  Tensor vit(const Tensor& images, const std::string& root) const;
  // A BERT pass over all rows. image: cross-attention; causal: the decoder.
  Tensor bert(const PackedText& text, const std::string& root, const Image* image,
              bool causal) const;
  Tensor feature(const Tensor& hidden, const Tensor& rows, const std::string& projection) const;

  ModelConfig model_;
  LossConfig losses_;
  FeatureQueue queue_;
  const ArenaLayout& layout_;
  const ArenaLayout& momentum_layout_;
  std::map<std::string, Leaf> leaves_;
};

}  // namespace medley::models::test
