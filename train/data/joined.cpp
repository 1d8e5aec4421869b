// Numbers by the sums of what comes before.
#include "train/data/joined.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/str.h"
#include "train/io/checksum.h"

namespace medley::train {

JoinedDataset::JoinedDataset(std::vector<std::shared_ptr<const Dataset>> parts)
    : parts_(std::move(parts)) {
  for (const auto& part : parts_) {
    if (part->kind() != kind())
      throw DataError("[data] the parts that are joined hold captions, questions and sentences",
                      "all of them must hold the same");
    rows_.push_back(size() + part->size());
    pictures_.push_back(pictures() + part->pictures());
  }
}

JoinedDataset::Place JoinedDataset::find(const std::vector<int64_t>& begins, int64_t number,
                                         const char* what) {
  if (number < 0 || number >= begins.back())
    throw ValueError(str("[data] ", what, " ", number, " of ", begins.back()));
  const auto next = std::upper_bound(begins.begin(), begins.end(), number);
  const auto part = static_cast<size_t>(next - begins.begin()) - 1;
  return {part, number - begins[part]};
}

Row JoinedDataset::row(int64_t index) const {
  const auto [part, number] = find(rows_, index, "row");
  Row row = parts_[part]->row(number);
  for (int64_t& picture : row.pictures) picture += pictures_[part];
  return row;
}

std::shared_ptr<const Image> JoinedDataset::picture(int64_t number) const {
  const auto [part, own] = find(pictures_, number, "picture");
  return parts_[part]->picture(own);
}

std::string JoinedDataset::picture_name(int64_t number) const {
  const auto [part, own] = find(pictures_, number, "picture");
  return parts_[part]->picture_name(own);
}

std::vector<uint8_t> JoinedDataset::picture_bytes(int64_t number) const {
  const auto [part, own] = find(pictures_, number, "picture");
  return parts_[part]->picture_bytes(own);
}

std::vector<int64_t> JoinedDataset::shards() const {
  int64_t longest = 0;
  for (const auto& part : parts_)
    if (const std::vector<int64_t> own = part->shards(); own.size() > 1)
      longest = std::max(longest, *std::max_element(own.begin(), own.end()));
  if (longest == 0) return {size()};
  std::vector<int64_t> all;
  for (const auto& part : parts_) {
    const std::vector<int64_t> own = part->shards();
    if (own.size() > 1)
      all.insert(all.end(), own.begin(), own.end());
    else
      for (int64_t begin = 0; begin < own[0]; begin += longest)
        all.push_back(std::min(longest, own[0] - begin));
  }
  return all;
}

uint64_t JoinedDataset::checksum() const {
  Checksum sum;
  for (const auto& part : parts_) sum.add_number(part->checksum());
  return sum.value();
}

}  // namespace medley::train
