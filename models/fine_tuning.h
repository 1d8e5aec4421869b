// Which parameters a fine-tuning trains, and how fast: by the names that BLIP, VQA and NLVR2 have
// in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autograd/optim/adamw.h"

namespace medley::models {

// What can be frozen by one word:
//   vision           the image tower; its projection to the contrastive space is trained
//   text             text encoder and decoder, with the language model's head
//   all-but-heads    all but the temperature, the two projections, the matching or truth head, and
//                    the language model's head, whose matrix is the word embedding and stays frozen
std::vector<std::string> freeze_names();
// The predicate of a word, for ParameterStore::freeze(). Throws ConfigError with all of them for
// any other.
std::function<bool(const std::string& parameter)> frozen_by(const std::string& word);

// Groups for AdamW that slow down what lies deep in its tower (BEiT's rule): in a tower of d layers
// the rate of layer l, counted from 0, is lr * decay^(d - l), that of the embeddings
// lr * decay^(d + 1), and that of what follows the last layer lr.
std::vector<autograd::ParameterGroup> rates_by_depth(const ArenaLayout& layout, double decay);

// The matrices that low-rank adaptation trains (autograd/optim/low_rank.h): those of attention and
// of the feed-forward layers of both towers.
std::vector<std::string> adapted_matrices(const ArenaLayout& layout);

}  // namespace medley::models
