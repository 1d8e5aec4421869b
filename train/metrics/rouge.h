// ROUGE-L of one text (Lin 2004) as the COCO caption evaluation has it: F with beta 1.2 of the
// largest precision and the largest recall over the references, each taken by itself, of the
// longest common subsequence.
#pragma once

#include "train/metrics/ngrams.h"

namespace medley::train {

// Tokens are what stands between single spaces, as in the original: an empty text is one empty
// token. `references` is not empty.
double rouge_l(const ScoredText& text);

}  // namespace medley::train
