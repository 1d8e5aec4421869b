// Beam search for one text, by the rules of transformers 4.15's BeamSearchScorer (dossier: BLIP
// reference, sections 4.1 and 11). It knows nothing of models: scores go in, tokens come out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "models/generation/options.h"

namespace medley::models {

class BeamSearch {
 public:
  // start: [DEC] and the prompt; end: [SEP].
  BeamSearch(const GenerateOptions& options, std::vector<int32_t> start, int32_t end);

  // What a beam becomes: beam `parent` and one more token.
  struct Choice {
    size_t parent;
    int32_t token;
  };
  // scores [beams * V] of the next token after each beam; written over. Gives the new beams, none
  // when the search is done.
  std::vector<Choice> advance(std::span<double> scores);

  // The best `returned` texts, best first; running beams count when the search is not done.
  std::vector<Generated> finish();

 private:
  struct Beam {
    std::vector<int32_t> ids;  // from [DEC] on
    double score;              // sum of log-probabilities; of one that ended: over its length
  };
  struct Candidate {
    double score;
    size_t at;  // beam * V + token
  };
  std::vector<Candidate> best(std::span<const double> scores) const;
  double over_length(double sum, size_t length) const;
  void add_ended(std::vector<int32_t> ids, double sum);
  bool is_done(double best, size_t length) const;

  GenerateOptions options_;
  size_t beams_;
  int32_t end_;
  std::vector<Beam> running_;
  std::vector<Beam> ended_;  // worst first, at most `beams`
  bool done_ = false;
};

}  // namespace medley::models
