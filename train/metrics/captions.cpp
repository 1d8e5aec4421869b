// Puts the figures together.
#include "train/metrics/captions.h"

#include <numeric>

#include "core/error.h"
#include "core/str.h"
#include "train/metrics/cider.h"
#include "train/metrics/rouge.h"

namespace medley::train {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

CaptionMetrics caption_metrics(const std::vector<ScoredText>& corpus) {
  if (corpus.empty()) throw DataError("[metrics] there is no caption to score");
  CaptionMetrics metrics;
  BleuCounts sum;
  for (size_t i = 0; i < corpus.size(); ++i) {
    if (corpus[i].references.empty())
      throw DataError(str("[metrics] caption ", i, ", '", corpus[i].said, "', has no reference"));
    const BleuCounts counts = bleu_counts(corpus[i]);
    sum.add(counts);
    metrics.items.counts.push_back(counts);
    metrics.items.bleu.push_back(counts.scores());
    metrics.items.rouge_l.push_back(rouge_l(corpus[i]));
  }
  metrics.items.cider = cider(corpus);
  metrics.bleu = sum.scores();
  metrics.rouge_l = mean(metrics.items.rouge_l);
  metrics.cider = mean(metrics.items.cider);
  return metrics;
}

}  // namespace medley::train
