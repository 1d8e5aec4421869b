// The choosing half of CapFilt: texts whose probability of a match is high enough are kept, and
// with the pairs that people wrote they are the bootstrapped data set (Li et al. 2022, section
// 3.3).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "train/capfilt/labels.h"

namespace medley::train {

struct SelectOptions {
  std::string folder;                   // of labels
  double threshold = 0.5;               // a text is kept above it
  std::optional<double> keep = {};      // instead: this part of all texts, the most likely ones
  bool web = true, synthetic = true;    // texts of these sources may be kept
  std::string human = {}, images = {};  // pairs that are kept as they are; of which pictures
};

void validate_threshold(double threshold);  // throws ConfigError outside 0 .. 1

// What became of the texts of one source.
struct SourceCounts {
  int64_t texts = 0, kept = 0, failed = 0;
};

struct Selection {
  double threshold = 0;
  std::map<std::string, SourceCounts> sources;  // web, synthetic, human
  int64_t pictures = 0, failed = 0;             // of the web
  Json json() const;
};

// Writes into the folder bootstrapped.json (BLIP's list: image, caption, source, probability),
// dropped.json (the same with the reason) and selection.json. Memory does not grow with the number
// of rows. Throws DataError when nothing is kept.
Selection select(const SelectOptions& options);

}  // namespace medley::train
