// All figures of the COCO caption evaluation that need no model: BLEU-1 to BLEU-4, ROUGE-L,
// CIDEr-D, and plain CIDEr, of a corpus and of each of its items.
#pragma once

#include <vector>

#include "train/metrics/bleu.h"
#include "train/metrics/ngrams.h"

namespace medley::train {

struct CaptionMetrics {
  BleuScores bleu{};   // of the corpus, not a mean
  double rouge_l = 0;  // mean of the items
  double cider_d = 0;  // mean of the items; what the evaluation calls CIDEr
  double cider = 0;    // mean of the items
  struct Items {
    std::vector<BleuScores> bleu;
    std::vector<double> rouge_l, cider_d, cider;
  } items;
};

// Texts are tokens (see ptb.h) with spaces between them. Throws DataError for an empty corpus and
// for an item without a reference.
CaptionMetrics caption_metrics(const std::vector<ScoredText>& corpus);

}  // namespace medley::train
