// WebDataset: pictures and captions as pairs of members of tar files, KEY.jpg and KEY.txt (or
// .json). Rows are numbered through the shards. Only the indices of the shards that are in use are
// in memory, and no picture is kept: memory does not grow with the data set.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/data/row_dataset.h"

namespace medley::train {

// "a-{00..02}.tar" as the names of three files, in order; a name without braces is itself. Throws
// ConfigError for a range that is none.
std::vector<std::string> expand_braces(const std::string& pattern);

// Opens and counts each shard. A key with two pictures or texts, a shard that is compressed, cut
// off or not there is a DataError; keys without a picture or without a text are left out and
// counted. A row has one picture of the same number; of a list of captions, those after the first
// become references. A text that cannot be read is an error of its row(), or with
// DataOptions::keep_bad_rows its Row::error.
std::unique_ptr<Dataset> open_shards(std::vector<std::string> paths, const DataOptions& options,
                                     Findings& findings);

}  // namespace medley::train
