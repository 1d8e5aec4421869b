// Names every place where the passes over a batch drop something.
#pragma once

#include <cstddef>

#include "kernels/dropout.h"

namespace medley::models {

// Dropout keys of a pass: a site is unique among all passes over a batch.
struct DropoutSites {
  enum Pass : uint32_t { contrast, momentum, lockstep };
  // Places within a layer; layer 0 is the embeddings, layer i + 1 is layer (or image block) i.
  enum Site : uint32_t {
    hidden,
    encoder_probabilities,
    encoder_output,
    decoder_probabilities,
    decoder_output,
    cross_probabilities,
    cross_output,
    image_attention,
    image_mlp,
    // Of the decoder's rows where they go through weights of their own beside the encoder's.
    decoder_cross_probabilities,
    decoder_cross_output,
    decoder_hidden
  };

  double p = 0;  // 0: nothing is dropped
  uint64_t seed = 0;
  // Its number, on the model's device: what kernels/dropout.h calls the step. Null: 0.
  const uint64_t* batch = nullptr;
  Pass pass = contrast;

  kernels::DropoutKey at(size_t layer, Site site) const { return at(layer, site, p); }
  kernels::DropoutKey at(size_t layer, Site site, double rate) const {
    return {static_cast<float>(rate), seed, batch,
            static_cast<uint32_t>(pass) << 24 | static_cast<uint32_t>(layer) << 4 | site};
  }
};

}  // namespace medley::models
