// The labelling half of CapFilt (Li et al. 2022, section 3.3): a captioner writes a caption for
// every picture of the web, and a filter says of the web's text and of that caption how likely they
// match the picture. docs/capfilt.md has the commands.
#pragma once

#include <string>

#include "train/capfilt/labels.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {

struct LabelOptions {
  std::string data, images;       // of the web, as open_data takes them
  std::string captioner, filter;  // models; both may be the same
  std::string out;                // folder, see labels.h
  // Nucleus sampling, as the paper's; among the 50 likeliest tokens, as the original's code has it
  // without saying so. max_length 0: the captioner's.
  models::GenerateOptions generate{.max_length = 0, .sample = true};
  std::string prompt;   // the captioner's own when empty; stripped from what it says
  int64_t batch = 64;   // pictures at a time
  bool share = false;   // other processes work in the folder too
  double max_bad = -1;  // pictures that may fail; below 1: a part of the rows; -1: all of them
  OpenOptions open;     // of both models
};

struct LabelOutcome {
  int64_t units = 0, done = 0;       // of all; by this process
  int64_t pictures = 0, failed = 0;  // by this process
  bool stopped = false;              // by a signal; what is done stays
  double seconds = 0;
};

// Goes on where it was. What a picture gets is the same whatever the batch, the number of threads
// and of processes, and however often it is interrupted. Throws DataError when more pictures than
// max_bad fail.
LabelOutcome label(const LabelOptions& options);

}  // namespace medley::train
