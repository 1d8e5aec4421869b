// Where each word of a caption looks: heat maps of the words, and a strip that shows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"

namespace medley::train {

struct AttendedWord {
  std::string word;
  std::vector<float> heat;  // [side, side]: the word's cross-attention over the patches
};

// Attention rows of a caption's tokens ([n, N], the first image token is the class token) as one
// heat map per word: pieces of a word ("##ing") are averaged.
std::vector<AttendedWord> attended_words(const models::Tokenizer& tokenizer,
                                         const std::vector<int32_t>& caption,
                                         const Tensor& attention);

// The same of a caption that the model wrote after `prompt`, which is no part of it. image_tokens
// [1, N, C].
std::vector<AttendedWord> attended_words(const models::Blip& model,
                                         const models::Tokenizer& tokenizer,
                                         const Tensor& image_tokens, const std::string& prompt,
                                         const std::vector<int32_t>& caption);

// How dark the veil over a patch is, 0 to 1: what the heat is high on stays bright.
std::vector<float> veil(const std::vector<float>& heat);

// The picture, then for each word the picture under its veil and the word below; `side` patches a
// side.
Image attention_strip(const Image& picture, const std::vector<AttendedWord>& words, int64_t side);

}  // namespace medley::train
