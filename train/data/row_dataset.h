// A data set whose rows are in memory and whose pictures are in files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "train/data/forms/rows.h"
#include "train/data/picture_files.h"

namespace medley::train {

// Rows in few bytes each: a list of millions is in memory as long as it is used.
class PackedRows {
 public:
  void add(const Row& row);
  int64_t size() const { return static_cast<int64_t>(begins_.size()) - 1; }
  Row at(int64_t index) const;

 private:
  std::string bytes_;
  std::vector<uint64_t> begins_{0};  // of each row, and the end
};

// `prefix` stands before the rows' names of pictures in `files`. A picture that is not there is a
// finding, unless DataOptions keep it.
std::unique_ptr<Dataset> make_row_dataset(NamedRows rows, std::unique_ptr<PictureFiles> files,
                                          const std::string& prefix, const DataOptions& options,
                                          Findings& findings);

}  // namespace medley::train
