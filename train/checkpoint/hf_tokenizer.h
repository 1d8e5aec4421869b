// The vocabulary of a Hugging Face folder, made BLIP's.
#pragma once

#include <string>

#include "models/text/tokenizer.h"
#include "models/weights/hf_config.h"

namespace medley::train {

// Reads vocab.txt or, where it is missing (transformers 5 leaves it out), tokenizer.json. The
// folder's tokenizer does not know [DEC] and [ENC]: they follow its last piece, at config's dec and
// dec + 1. Throws IoError when neither file is there; DataError for a tokenizer that is not BERT's
// uncased WordPiece, and for a vocabulary that does not fit the weights: another size, or special
// tokens with other ids than config.json says.
models::Tokenizer read_hf_tokenizer(const std::string& folder, const models::HfConfig& config);

}  // namespace medley::train
