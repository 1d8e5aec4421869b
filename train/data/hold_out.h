// A part of a data set that training does not see.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "train/data/dataset.h"

namespace medley::train {

struct Part {
  double fraction = 0;  // of the pictures; 0: `count` of them
  int64_t count = 0;
};

// "5%" or "500"; nothing for what is a path. Throws ConfigError for 0, and for 100% or more.
std::optional<Part> parse_part(const std::string& text);

struct HeldOut {
  std::unique_ptr<Dataset> training, held_out;
};

// Two views of `data`, a function of (part, seed): rows that share a picture are on one side. Of
// shards, whose rows have a picture each, a run of rows is held out of each; of shards and lists
// together a part of each of them. Throws ConfigError when one side would be empty.
HeldOut hold_out(std::shared_ptr<const Dataset> data, Part part, uint64_t seed);

}  // namespace medley::train
