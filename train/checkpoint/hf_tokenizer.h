// The vocabulary of a Hugging Face folder, made BLIP's.
#pragma once

#include <string>

#include "models/text/tokenizer.h"
#include "models/weights/hf_config.h"

namespace medley::train {

// Reads vocab.txt or, where it is missing (transformers 5 leaves it out), tokenizer.json; pieces
// that added_tokens.json has beyond it follow. Where neither knows [DEC] and [ENC], they do, at
// config's dec and dec + 1. Rows of the word embeddings beyond the last piece, which people add to
// make their number a multiple of 64, get pieces "[unused30524]" that no text has. Throws IoError
// when no vocabulary is there; DataError for a tokenizer that is not BERT's uncased WordPiece, and
// for a vocabulary that does not fit the weights: one that is larger, or special tokens with other
// ids than config.json says.
models::Tokenizer read_hf_tokenizer(const std::string& folder, const models::HfConfig& config);

}  // namespace medley::train
