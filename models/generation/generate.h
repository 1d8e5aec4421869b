// Texts from a decoder: greedy, beam search or sampling, for many pictures (or questions) at once.
// What one of them gets does not depend on the others.
#pragma once

#include <vector>

#include "models/generation/decoder.h"
#include "models/generation/options.h"

namespace medley::models {

struct GenerateTokens {
  std::vector<int32_t> start;  // [DEC] and the prompt
  int32_t end = 0;             // [SEP]
};

// `returned` texts for every sequence of the memory, best first. streams: a number for each of
// them that with the seed keys its draws; empty: 0, 1, ... Throws ValueError for options out of
// range, NonFiniteError when the model's scores are no numbers.
std::vector<std::vector<Generated>> generate(const Med& med, const Memory& memory,
                                             const GenerateTokens& tokens,
                                             const GenerateOptions& options,
                                             const std::vector<uint64_t>& streams = {});

}  // namespace medley::models
