// How a text is generated. Rules and defaults are those of the original, which generates with
// transformers 4.15; docs/generation.md says where later versions differ.
#pragma once

#include <cstdint>
#include <vector>

namespace medley::models {

struct GenerateOptions {
  // Lengths count all tokens: [DEC], the prompt and what follows it.
  int64_t max_length = 20;
  int64_t min_length = 0;  // [SEP] has no chance before

  // 1: greedy, or sampling when `sample` is set.
  int64_t beams = 1;
  double length_penalty = 1;    // a beam's score is its log-probability / length^length_penalty
  bool early_stopping = false;  // a beam search ends as soon as `beams` texts have ended

  bool sample = false;
  double temperature = 1;
  int64_t top_k = 50;  // most likely tokens kept; 0: all
  double top_p = 0.9;  // of their probability; 1: all
  uint64_t seed = 0;

  double repetition_penalty = 1;  // above 1: what the text holds already becomes less likely
  int64_t no_repeat_ngram = 0;    // no run of so many tokens stands twice, [DEC] and prompt count
  int64_t returned = 1;           // texts a picture: at most `beams`, or any number when sampling
};

struct Generated {
  std::vector<int32_t> ids;  // the prompt and what follows, without [DEC] and [SEP]
  // Log-probability of what follows the prompt, [SEP] included, over length^length_penalty; the
  // length counts [DEC] and the prompt, not [SEP]. Beams add up the probabilities that the
  // repetition penalty left, as the original; greedy and sampling the model's own.
  double score = 0;
};

// prompt: tokens after [DEC]. Throws ValueError that names the option, its value and the limit.
void validate(const GenerateOptions& options, int64_t prompt, int64_t max_positions);

}  // namespace medley::models
