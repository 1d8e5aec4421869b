// Greedy captions of a split and what they are worth.
#pragma once

#include <string>
#include <vector>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/eval/encoded.h"
#include "train/eval/scores.h"

namespace medley::train {

// image_tokens [n, N, C] -> n captions as token ids.
std::vector<std::vector<int32_t>> caption_tokens(models::Blip& model, const Tensor& image_tokens);
std::vector<std::string> write_captions(models::Blip& model, const models::Tokenizer& tokenizer,
                                        const Tensor& image_tokens);

// The text as the tokenizer gives it back: generated and written captions are compared in this
// form.
std::string plain(const models::Tokenizer& tokenizer, const std::string& text);

CaptionScores score_captions(const std::vector<std::string>& said,
                             const models::Tokenizer& tokenizer, const EncodedSplit& split);

}  // namespace medley::train
