// The decoder one token at a time: keys and values of earlier tokens are kept, and those of the
// images are projected once.
#pragma once

#include <vector>

#include "models/text/med.h"

namespace medley::models {

class StepDecoder {
 public:
  // image_rows [images * tokens_per_image, C_image]; at most max_tokens steps.
  StepDecoder(const Med& med, const Tensor& image_rows, int64_t images, int64_t max_tokens,
              int64_t width);

  // Feeds token tokens[i] to the text of image active[i] and gives its scores of the next token:
  // [active, V]. Every text must have been fed at every earlier step up to its last.
  Tensor step(const std::vector<int32_t>& active, const std::vector<int32_t>& tokens);

 private:
  const Med& med_;
  int64_t images_, max_tokens_, width_, position_ = 0;
  Device device_;
  autograd::Sequences image_sequences_;
  std::vector<Tensor> cross_;  // of each layer: [image rows, 2 C], columns key, value
  std::vector<Tensor> cache_;  // of each layer: [images * max_tokens, 2 C], text i's token t in row
                               // i * max_tokens + t
};

}  // namespace medley::models
