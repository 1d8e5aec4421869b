// The pictures that a command line names.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "train/data/decode.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {

// Each argument is a picture, a folder (all in it that end as pictures do, by name; `recursive`: in
// its folders too; other files are told) or "-" (paths on standard input, one per line). Throws
// IoError when nothing is left, or for a folder that cannot be read.
std::vector<std::string> picture_files(const std::vector<std::string>& arguments,
                                       bool recursive = false);

// A picture that could not be used.
struct PictureError {
  std::string file, message;
  int exit_code;
};

// Reads the files `batch` at a time and gives each batch, without the unusable ones, to `use`:
// paths, blip.pixels() of them, and the milliseconds that reading took. One bad picture does not
// stop the others. What is to be known of the pictures is told at the end.
std::vector<PictureError> for_each_batch(
    const std::vector<std::string>& files, int64_t batch, const Pipeline& blip,
    const PictureOptions& options,
    const std::function<void(const std::vector<std::string>&, const Tensor&, double)>& use);

// Says on stderr which pictures were left out. Returns the exit code: 0 when there were none.
int report_pictures(const std::vector<PictureError>& errors);

}  // namespace medley::train
