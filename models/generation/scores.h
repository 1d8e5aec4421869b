// What happens to the scores of the next token, [V], before one is chosen, in this order:
// penalties, temperature, top-k, top-p. Forbidden tokens have -infinity.
#pragma once

#include <cstdint>
#include <span>

#include "models/generation/options.h"

namespace medley::models {

// Repetition penalty (Keskar et al. 2019): scores of the tokens in the text so far, once each, are
// divided by it when positive, else multiplied. Forbidden are tokens that would repeat a run of
// no_repeat_ngram tokens, and `end` in texts below min_length.
void apply_penalties(std::span<double> scores, std::span<const int32_t> text, int32_t end,
                     const GenerateOptions& options);

// Divides by the temperature; keeps the scores that are at least the k-th largest (more than k when
// some are equal to it); then the most likely tokens as long as those before them have at most
// top_p together (nucleus, Holtzman et al. 2020), of equal ones the smaller ids first.
void keep_likely(std::span<double> scores, const GenerateOptions& options);

// Throws NonFiniteError when the scores are no numbers.
void log_softmax(std::span<double> scores);

// The token in whose part of the sum of probabilities u of [0, 1) falls, ids ascending.
int32_t draw(std::span<const double> scores, double u);

}  // namespace medley::models
