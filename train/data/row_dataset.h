// A data set whose rows are in memory and whose pictures lie in files.
#pragma once

#include <memory>

#include "train/data/forms/rows.h"
#include "train/data/picture_files.h"

namespace medley::train {

// `prefix` stands before the rows' names of pictures in `files`. A picture that is not there is a
// finding, unless DataOptions keep it.
std::unique_ptr<Dataset> make_row_dataset(NamedRows rows, std::unique_ptr<PictureFiles> files,
                                          const std::string& prefix, const DataOptions& options,
                                          Findings& findings);

}  // namespace medley::train
