// Beams of one text.
#include "models/generation/beam_search.h"

#include <algorithm>
#include <cmath>

#include "core/threads.h"
#include "models/generation/scores.h"

namespace medley::models {

BeamSearch::BeamSearch(const GenerateOptions& options, std::vector<int32_t> start, int32_t end)
    : options_(options), beams_(static_cast<size_t>(options.beams)), end_(end) {
  // All beams are the same at first: all but one start so low that the first step takes its
  // candidates from that one.
  for (size_t b = 0; b < beams_; ++b) running_.push_back({start, b == 0 ? 0 : -1e9});
}

double BeamSearch::over_length(double sum, size_t length) const {
  return sum / std::pow(static_cast<double>(length), options_.length_penalty);
}

void BeamSearch::add_ended(std::vector<int32_t> ids, double sum) {
  const double score = over_length(sum, ids.size());
  if (ended_.size() == beams_ && score <= ended_.front().score) return;
  // Among equals the later one is the better one, as in the original's sorted list.
  const auto at = std::upper_bound(ended_.begin(), ended_.end(), score,
                                   [](double s, const Beam& beam) { return s < beam.score; });
  ended_.insert(at, {std::move(ids), score});
  if (ended_.size() > beams_) ended_.erase(ended_.begin());
}

bool BeamSearch::is_done(double best, size_t length) const {
  if (ended_.size() < beams_) return false;
  return options_.early_stopping || ended_.front().score >= over_length(best, length);
}

// The best 2 beams candidates, best first: at most one a beam ends, so as many as beams go on. Of
// equal ones the first.
std::vector<BeamSearch::Candidate> BeamSearch::best(std::span<const double> scores) const {
  std::vector<Candidate> kept;
  for (size_t at = 0; at < scores.size(); ++at) {
    const double score = scores[at];
    if (kept.size() == 2 * beams_) {
      if (score <= kept.back().score) continue;
      kept.pop_back();
    }
    const auto place = std::upper_bound(kept.begin(), kept.end(), score,
                                        [](double s, const Candidate& c) { return s > c.score; });
    kept.insert(place, {score, at});
  }
  return kept;
}

std::vector<BeamSearch::Choice> BeamSearch::advance(std::span<double> scores) {
  const size_t length = running_.front().ids.size(), vocabulary = scores.size() / beams_;
  parallel_for(options_.beams, 1, [&](int64_t begin, int64_t end) {
    for (auto b = static_cast<size_t>(begin); b < static_cast<size_t>(end); ++b) {
      const std::span<double> row = scores.subspan(b * vocabulary, vocabulary);
      log_softmax(row);
      apply_penalties(row, running_[b].ids, end_, options_);
      for (double& score : row) score += running_[b].score;
    }
  });
  const std::vector<Candidate> candidates = best(scores);

  std::vector<Beam> next;
  std::vector<Choice> choices;
  for (size_t rank = 0; rank < candidates.size() && next.size() < beams_; ++rank) {
    const auto [score, at] = candidates[rank];
    const size_t parent = at / vocabulary;
    const auto token = static_cast<int32_t>(at % vocabulary);
    std::vector<int32_t> ids = running_[parent].ids;
    if (token == end_) {
      if (rank < beams_) add_ended(std::move(ids), score);
      continue;
    }
    ids.push_back(token);
    next.push_back({std::move(ids), score});
    choices.push_back({parent, token});
  }
  running_ = std::move(next);
  // The best candidate counts even when it is [SEP], and the length is the one before this step.
  done_ = is_done(candidates.front().score, length);
  return done_ ? std::vector<Choice>{} : choices;
}

std::vector<Generated> BeamSearch::finish() {
  if (!done_)
    for (const Beam& beam : running_) add_ended(beam.ids, beam.score);
  std::vector<Generated> best;
  for (auto beam = ended_.rbegin();
       beam != ended_.rend() && best.size() < static_cast<size_t>(options_.returned); ++beam)
    best.push_back({{beam->ids.begin() + 1, beam->ids.end()}, beam->score});
  return best;
}

}  // namespace medley::models
