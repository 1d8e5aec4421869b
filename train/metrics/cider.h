// CIDEr-D of each text of a corpus (Vedantam et al. 2015), times 10: what the COCO caption
// evaluation calls CIDEr. A text is a vector of tf-idf weights for each n from 1 to 4: counts times
// ln(items) - ln(items whose references have the gram); the score is the mean over n and references
// of the cosine, in which a weight counts no more than that of the reference, and each reference
// counts exp(-d^2 / (2 * 6^2)), d the difference of the lengths. The evaluation counts bigrams for
// the length, and so does this. Words are not stemmed. A corpus of one item scores 0: every gram
// occurs in all of its items, and ln 1 is 0.
#pragma once

#include <vector>

#include "train/metrics/ngrams.h"

namespace medley::train {

// `references` of no item is empty.
std::vector<double> cider(const std::vector<ScoredText>& corpus);

}  // namespace medley::train
