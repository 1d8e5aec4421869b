// What one pass through the text transformer works on. The mode is said by what is there:
//   text only                encoder texts, no image
//   image-grounded encoder   encoder texts and images
//   image-grounded decoder   decoder texts and images
//   lockstep                 both kinds of text, and images
// In lockstep self-attention runs apart for the two kinds, since their masks differ, and so does
// all that encoder and decoder do not share; everything else runs together.
#pragma once

#include "models/batch.h"
#include "models/dropout_sites.h"

namespace medley::models {

// Texts of one kind, or of both.
struct TextGroup {
  autograd::Sequences texts;
  int64_t rows = 0;  // tokens of all its texts; 0: the group is not there
  Tensor kept;  // [k] i32: rows of the group that are wanted from the last layer; undefined: all
  autograd::Sequences kept_texts;  // these rows by text
  Tensor image_of;                 // [texts] i32: the image of each text; undefined: its own index
};

struct MedPass {
  Tensor ids, positions;  // [rows] i32: the decoder's texts, then the encoder's
  TextGroup decoder;      // causal
  TextGroup encoder;      // bidirectional
  TextGroup both;         // in lockstep: the decoder's, then the encoder's; `kept` is theirs
  DropoutSites dropout;

  // Cross-attention; undefined image: none.
  Tensor image;                // [image rows, C of the image tower]
  autograd::Sequences images;  // its rows by image
};

// Row of the first token of each text, padding left out: [texts] i32.
Tensor first_rows(const PackedText& text);
// The tokens with `token` in place of each text's first, on the host and as ids [tokens] i32.
std::vector<int32_t> tokens_with_first(const PackedText& text, int32_t token);
Tensor with_first_token(const PackedText& text, int32_t token);
// The encoder over these texts of which only the first tokens are wanted; no image yet.
MedPass encoder_pass(const PackedText& text, const Tensor& ids);
// The same pass with all rows wanted from the last layer.
MedPass with_all_rows(MedPass pass);

}  // namespace medley::models
