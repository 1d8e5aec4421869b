// A data set whose rows are in memory and whose pictures lie in files.
#pragma once

#include <memory>

#include "train/data/forms/rows.h"
#include "train/data/picture_files.h"

namespace medley::train {

// A data set that was opened from files.
class StoredDataset : public Dataset {
 public:
  // The picture as it lies in its file: PNG, JPEG, WebP or GIF. Empty for a frame of an animation.
  virtual std::vector<uint8_t> picture_bytes(int64_t number) const = 0;
};

// `prefix` stands before the rows' names of pictures in `files`. A picture that is not there is a
// finding; with keep_missing its row stays, and picture() throws. Decoded pictures stay in memory
// up to a limit: small data sets are decoded once a run instead of once an epoch.
std::unique_ptr<StoredDataset> make_row_dataset(NamedRows rows, std::unique_ptr<PictureFiles> files,
                                                const std::string& prefix, bool keep_missing,
                                                Findings& findings);

}  // namespace medley::train
