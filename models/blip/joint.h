// The joint part of a pre-training step: ITM's 3B texts and LM's B texts, in one pass through the
// layers. Exactly the mathematics of four separate passes, with each image's keys and values
// projected once a layer and the shared matrices multiplied once.
#pragma once

#include <vector>

#include "models/blip/blip.h"
#include "models/text/pass.h"

namespace medley::models {

struct JointTexts {
  MedPass pass;       // encoder: the 3B texts; decoder: the B texts; no image yet
  Tensor match;       // [3B] i32: 1 for a right pair, else 0
  Tensor next_token;  // [rows] i32: what each kept row of the decoder has to predict; undefined
                      // without decoder
};

// Texts in this order, the image of each in pass.image_of:
//   (image b, text b), (image negative_images[b], text b), (image b, text negative_texts[b]) after
//   [ENC], (image b, text b) after [DEC].
// decode = false leaves the last group out. Throws ValueError unless negatives are B indices in 0
// .. B - 1.
JointTexts joint_texts(const PackedText& text, const std::vector<int32_t>& negative_images,
                       const std::vector<int32_t>& negative_texts, const SpecialTokens& tokens,
                       bool decode = true);

}  // namespace medley::models
