// Data sets that follow one another as one: rows and pictures are numbered through.
#pragma once

#include <memory>
#include <vector>

#include "train/data/dataset.h"

namespace medley::train {

class JoinedDataset : public Dataset {
 public:
  // Throws DataError when they hold rows of different kinds.
  explicit JoinedDataset(std::vector<std::shared_ptr<const Dataset>> parts);

  const std::vector<std::shared_ptr<const Dataset>>& parts() const { return parts_; }

  RowKind kind() const override { return parts_[0]->kind(); }
  int64_t size() const override { return rows_.back(); }
  int64_t pictures() const override { return pictures_.back(); }
  Row row(int64_t index) const override;
  std::shared_ptr<const Image> picture(int64_t number) const override;
  std::string picture_name(int64_t number) const override;
  std::vector<uint8_t> picture_bytes(int64_t number) const override;
  // Lists are one part, as a list of all of their rows would be. Beside shards a list is cut in
  // parts no longer than the longest of those: rows are mixed within a few parts (order.h), so that
  // a list in one piece would come all at once in each pass.
  std::vector<int64_t> shards() const override;
  uint64_t checksum() const override;

 private:
  struct Place {
    size_t part;
    int64_t number;  // within it
  };
  static Place find(const std::vector<int64_t>& begins, int64_t number, const char* what);

  std::vector<std::shared_ptr<const Dataset>> parts_;
  std::vector<int64_t> rows_{0}, pictures_{0};  // first ones of each part, and the end
};

}  // namespace medley::train
