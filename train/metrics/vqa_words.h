// The word lists of the official VQA evaluation.
#pragma once

#include <string>

namespace medley::train {

// "none" and "zero" to "ten" as digits; other words as they are.
std::string vqa_digits(const std::string& word);
// A contraction that lost an apostrophe gets it back; other words as they are.
std::string vqa_contraction(const std::string& word);

}  // namespace medley::train
