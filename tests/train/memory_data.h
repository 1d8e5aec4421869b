// A data set in memory: rows as a test writes them, pictures of seeded noise.
#pragma once

#include <utility>
#include <vector>

#include "core/philox.h"
#include "core/str.h"
#include "train/data/dataset.h"

namespace medley::train {

inline Row make_row(const std::string& text, std::vector<int64_t> pictures,
                    const std::string& id = "") {
  Row row;
  row.text = text;
  row.pictures = std::move(pictures);
  row.id = id;
  return row;
}

class MemoryData : public Dataset {
 public:
  MemoryData(RowKind kind, int64_t pictures, std::vector<Row> rows, int64_t side = 32)
      : kind_(kind), rows_(std::move(rows)) {
    for (int64_t p = 0; p < pictures; ++p) {
      Random random(5, Purpose::test, static_cast<uint64_t>(p));
      Image image{side, side, std::vector<uint8_t>(static_cast<size_t>(3 * side * side))};
      for (uint8_t& byte : image.rgb) byte = static_cast<uint8_t>(random.below(256));
      pictures_.push_back(std::make_shared<const Image>(std::move(image)));
    }
  }

  RowKind kind() const override { return kind_; }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  Row row(int64_t index) const override { return rows_.at(static_cast<size_t>(index)); }
  int64_t pictures() const override { return static_cast<int64_t>(pictures_.size()); }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    return pictures_.at(static_cast<size_t>(number));
  }
  std::string picture_name(int64_t number) const override { return str("p", number, ".png"); }

 private:
  RowKind kind_;
  std::vector<Row> rows_;
  std::vector<std::shared_ptr<const Image>> pictures_;
};

}  // namespace medley::train
