// The joint part of a pre-training step: LM's B texts and ITM's 3B texts, in one pass through the
// layers. Exactly the mathematics of four separate passes, with each image's keys and values
// projected once a layer and the shared matrices multiplied once.
#pragma once

#include "models/text/pass.h"

namespace medley::models {

struct JointTexts {
  MedPass pass;  // decoder: the B texts; encoder: the 3B texts; no image yet
  // [rows] i32: what each kept row of the decoder has to predict; undefined without decoder.
  Tensor next_token;
  Tensor match;  // [3B] i32: 1 for a right pair, else 0
};

// Texts in this order:
//   after [DEC]   (image b, text b)
//   after [ENC]   (image b, text b)
//                 (image negative_images[b], text b)
//                 (image b, text negative_texts[b])
// decode = false leaves the first group out. Negatives are [B] i32 below B: ValueError where the
// host can read them, else reported by the device. There the lengths of the drawn texts are not
// known either, and texts of padding follow, so that the number of rows does not depend on the
// draw; padded text keeps its padding behind the first group, and has more of it behind the others.
// All of it is given the first image, and nothing reads it.
JointTexts joint_texts(const PackedText& text, const Tensor& negative_images,
                       const Tensor& negative_texts, const SpecialTokens& tokens,
                       bool decode = true);

}  // namespace medley::models
