// VQA accuracy as the official evaluation computes it (Antol et al. 2015), quirks included:
//  - answers of people get only the punctuation step, and only when they are not all equal;
//  - a number with a comma inside ("1,000") or a space beside a sign makes signs vanish, else they
//    become spaces; the apostrophe, the colon and & % $ # stay, the underscore goes;
//  - of the periods that no digit follows the first 32 are removed, further ones stay.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace medley::train {

// What comes first for a model's answer: line breaks and tabs become spaces, both ends are trimmed.
std::string vqa_trimmed(std::string_view answer);
// The punctuation step by itself.
std::string vqa_punctuation(std::string_view answer);
// A model's answer as it is compared: trimmed, punctuation, lower case, number words to digits,
// articles dropped, apostrophes put back.
std::string vqa_normalised(std::string_view answer);

// Mean over the answers of min(1, others that equal the model's answer / 3), in [0, 1].
// Throws DataError without answers.
double vqa_accuracy(std::string_view predicted, const std::vector<std::string>& answers);

}  // namespace medley::train
