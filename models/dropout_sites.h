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
    image_mlp
  };

  double p = 0;  // 0: nothing is dropped
  uint64_t seed = 0;
  int64_t batch = 0;  // its number: what kernels/dropout.h calls the step
  Pass pass = contrast;
  const uint64_t* device_batch = nullptr;

  kernels::DropoutKey at(size_t layer, Site site) const { return at(layer, site, p); }
  kernels::DropoutKey at(size_t layer, Site site, double rate) const {
    return {static_cast<float>(rate), seed, static_cast<uint32_t>(batch),
            static_cast<uint32_t>(pass) << 24 | static_cast<uint32_t>(layer) << 4 | site,
            device_batch};
  }
};

}  // namespace medley::models
