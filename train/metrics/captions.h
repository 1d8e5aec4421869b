// All figures of the COCO caption evaluation that need no model: BLEU-1 to BLEU-4, ROUGE-L and
// CIDEr, of a corpus and of each of its items.
#pragma once

#include <vector>

#include "train/metrics/bleu.h"
#include "train/metrics/ngrams.h"

namespace medley::train {

struct CaptionMetrics {
  BleuScores bleu{};   // of the corpus, not a mean
  double rouge_l = 0;  // mean of the items
  double cider = 0;    // mean of the items: CIDEr-D, which the evaluation calls CIDEr
  struct Items {
    std::vector<BleuCounts> counts;  // the corpus's BLEU is that of their sum
    std::vector<BleuScores> bleu;
    std::vector<double> rouge_l, cider;
  } items;
};

// Texts are tokens (see ptb.h) with spaces between them. Throws DataError for an empty corpus and
// for an item without a reference.
CaptionMetrics caption_metrics(const std::vector<ScoredText>& corpus);

}  // namespace medley::train
