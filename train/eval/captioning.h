// Captions that a model writes, and what they are worth.
#pragma once

#include <string>
#include <vector>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/eval/captioned.h"
#include "train/eval/figures.h"
#include "train/metrics/ngrams.h"

namespace medley::train {

struct CaptionRules {
  models::GenerateOptions generate{.max_length = 0};  // max_length 0: the model's
  std::string prompt = {};                            // what a caption begins with; not scored
};

// image_tokens [n, N, C] -> n captions as token ids, without the prompt.
std::vector<std::vector<int32_t>> caption_tokens(const models::Blip& model,
                                                 const models::Tokenizer& tokenizer,
                                                 const Tensor& image_tokens,
                                                 const CaptionRules& rules = {});
std::vector<std::string> write_captions(const models::Blip& model,
                                        const models::Tokenizer& tokenizer,
                                        const Tensor& image_tokens, const CaptionRules& rules = {});

// A written text in the words of the tokenizer, cleaned: what a model can say.
std::string plain(const models::Tokenizer& tokenizer, const std::string& text);

// For each item what was said, and all that is right for it as written:
//   exact       part that equals a reference word for word
//   token_f1    mean F1 of the bags of words against the reference where it is highest
//   bleu1 .. 4, rouge_l, cider   as `medley score captions` (train/metrics/captions.h)
// The first two compare the words of the tokenizer. For the intervals BLEU is counted anew over the
// drawn items; CIDEr keeps the document frequencies of the whole data and takes the mean of the
// items' scores. `trivial` is the caption that is written most often, said of everything.
FigureGroup caption_figures(const models::Tokenizer& tokenizer, const CaptionedSplit& split,
                            const std::vector<std::string>& said, bool intervals);

}  // namespace medley::train
