// Rows in few bytes each: a list of millions is in memory as long as it is used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/data/dataset.h"

namespace medley::train {

class PackedRows {
 public:
  void add(const Row& row);
  int64_t size() const { return static_cast<int64_t>(begins_.size()) - 1; }
  Row at(int64_t index) const;

 private:
  std::string bytes_;
  std::vector<uint64_t> begins_{0};  // of each row, and the end
};

}  // namespace medley::train
