// What a decoder learns from texts: which rows predict, and what.
#pragma once

#include <vector>

#include "models/text/pass.h"

namespace medley::models {

struct NextTokens {
  Tensor rows;                   // [k] i32: rows of the packed text that predict; undefined: all
  Tensor tokens;                 // [k] i32: the token after each
  std::vector<int32_t> lengths;  // of each text: rows that predict
  autograd::Sequences texts;     // these rows by text
};

// The first `given` tokens of each text, [CLS] included, are not asked for; the last predicts
// nothing. Of padded text all rows are kept, and those that predict nothing have the ignored
// target; it was padded with the same `given`.
NextTokens next_tokens(const PackedText& text, int64_t given = 1);

// The decoder over texts whose first tokens become `dec`; no memory for cross-attention yet.
MedPass decoder_pass(const PackedText& text, int32_t dec, const NextTokens& wanted);

}  // namespace medley::models
