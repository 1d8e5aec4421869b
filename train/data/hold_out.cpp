// Groups of rows that hang together by their pictures are drawn until the part is reached. Shards
// are split by arithmetic alone: a list of their rows would grow with the data set.
#include "train/data/hold_out.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/philox.h"
#include "core/str.h"
#include "train/data/joined.h"
#include "train/data/order.h"

namespace medley::train {
namespace {

// Draws of a pass that training never comes to.
constexpr uint64_t kHeldOutPass = (uint64_t{1} << 56) - 1;

ConfigError part_error(const std::string& problem) {
  return ConfigError(problem, "give a part like 5%, or a number of pictures");
}

// Some rows of a data set, with the pictures that they show numbered anew.
class RowsView : public Dataset {
 public:
  RowsView(std::shared_ptr<const Dataset> data, std::vector<int64_t> rows)
      : data_(std::move(data)),
        rows_(std::move(rows)),
        numbers_(static_cast<size_t>(data_->pictures()), -1) {
    for (const int64_t row : rows_)
      for (const int64_t picture : data_->row(row).pictures) {
        int64_t& number = numbers_[static_cast<size_t>(picture)];
        if (number >= 0) continue;
        number = static_cast<int64_t>(pictures_.size());
        pictures_.push_back(picture);
      }
  }

  RowKind kind() const override { return data_->kind(); }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  int64_t pictures() const override { return static_cast<int64_t>(pictures_.size()); }
  Row row(int64_t index) const override {
    Row row = data_->row(rows_.at(static_cast<size_t>(index)));
    for (int64_t& picture : row.pictures) picture = numbers_[static_cast<size_t>(picture)];
    return row;
  }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    return data_->picture(pictures_.at(static_cast<size_t>(number)));
  }
  std::string picture_name(int64_t number) const override {
    return data_->picture_name(pictures_.at(static_cast<size_t>(number)));
  }

 private:
  std::shared_ptr<const Dataset> data_;
  std::vector<int64_t> rows_;      // of data_
  std::vector<int64_t> numbers_;   // of data_'s pictures here
  std::vector<int64_t> pictures_;  // of data_
};

// Of each shard the rows of a run, or all but those.
class ShardsView : public Dataset {
 public:
  struct Run {
    int64_t begin = 0, rows = 0;
  };

  ShardsView(std::shared_ptr<const Dataset> data, std::vector<Run> runs, bool inside)
      : data_(std::move(data)), runs_(std::move(runs)), inside_(inside) {
    const std::vector<int64_t> shards = data_->shards();
    for (size_t i = 0; i < shards.size(); ++i) {
      begins_.push_back(begins_.back() + (inside ? runs_[i].rows : shards[i] - runs_[i].rows));
      firsts_.push_back(firsts_.back() + shards[i]);
    }
  }

  RowKind kind() const override { return data_->kind(); }
  int64_t size() const override { return begins_.back(); }
  int64_t pictures() const override { return size(); }
  Row row(int64_t index) const override {
    Row row = data_->row(of_data(index));
    row.pictures = {index};
    return row;
  }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    return data_->picture(of_data(number));
  }
  std::string picture_name(int64_t number) const override {
    return data_->picture_name(of_data(number));
  }
  // Which rows it has follows from the shards and from data.val.
  uint64_t checksum() const override { return data_->checksum(); }
  std::vector<int64_t> shards() const override {
    std::vector<int64_t> sizes;
    for (size_t i = 1; i < begins_.size(); ++i) sizes.push_back(begins_[i] - begins_[i - 1]);
    return sizes;
  }

 private:
  int64_t of_data(int64_t index) const {
    if (index < 0 || index >= size()) throw ValueError(str("[data] row ", index, " of ", size()));
    const auto next = std::upper_bound(begins_.begin(), begins_.end(), index);
    const auto shard = static_cast<size_t>(next - begins_.begin()) - 1;
    int64_t place = index - begins_[shard];
    const Run& run = runs_[shard];
    if (inside_)
      place += run.begin;
    else if (place >= run.begin)
      place += run.rows;
    return firsts_[shard] + place;
  }

  std::shared_ptr<const Dataset> data_;
  std::vector<Run> runs_;
  bool inside_;
  std::vector<int64_t> begins_{0}, firsts_{0};  // first rows of the shards, here and in data_
};

HeldOut hold_out_of_shards(std::shared_ptr<const Dataset> data, int64_t wanted, uint64_t seed) {
  std::vector<ShardsView::Run> runs;
  const std::vector<int64_t> shards = data->shards();
  int64_t before = 0;  // rows of the shards so far
  auto share = [&](int64_t rows) { return rows * wanted / data->size(); };
  for (size_t i = 0; i < shards.size(); ++i) {
    const int64_t rows = share(before + shards[i]) - share(before);
    Random random(seed, Purpose::shuffle, kHeldOutPass, static_cast<uint32_t>(i));
    const int64_t begin = random.below(static_cast<uint32_t>(shards[i] - rows + 1));
    runs.push_back({begin, rows});
    before += shards[i];
  }
  return {std::make_unique<ShardsView>(data, runs, false),
          std::make_unique<ShardsView>(data, runs, true)};
}

// So many pictures of each part as of all.
HeldOut hold_out_of_parts(const JoinedDataset& data, int64_t wanted, uint64_t seed) {
  std::vector<std::shared_ptr<const Dataset>> training, held_out;
  int64_t before = 0;  // pictures of the parts so far
  auto share = [&](int64_t pictures) { return pictures * wanted / data.pictures(); };
  for (const auto& part : data.parts()) {
    const int64_t end = before + part->pictures(), own = share(end) - share(before);
    before = end;
    if (own == 0 || own == part->pictures()) {
      (own == 0 ? training : held_out).push_back(part);
      continue;
    }
    HeldOut sides = hold_out(part, {0, own}, seed);
    training.push_back(std::move(sides.training));
    held_out.push_back(std::move(sides.held_out));
  }
  return {std::make_unique<JoinedDataset>(std::move(training)),
          std::make_unique<JoinedDataset>(std::move(held_out))};
}

// Groups of pictures that rows connect, as the first picture of each (disjoint sets by path
// halving).
class Groups {
 public:
  explicit Groups(const Dataset& data) : parents_(static_cast<size_t>(data.pictures())) {
    std::iota(parents_.begin(), parents_.end(), size_t{0});
    for (int64_t i = 0; i < data.size(); ++i) {
      const std::vector<int64_t> pictures = data.row(i).pictures;
      for (const int64_t picture : pictures) join(pictures[0], picture);
    }
  }
  size_t of(int64_t picture) {
    auto at = static_cast<size_t>(picture);
    while (parents_[at] != at) at = parents_[at] = parents_[parents_[at]];
    return at;
  }

 private:
  void join(int64_t a, int64_t b) {
    const size_t one = of(a), other = of(b);
    parents_[std::max(one, other)] = std::min(one, other);
  }
  std::vector<size_t> parents_;
};

HeldOut hold_out_by_picture(std::shared_ptr<const Dataset> data, int64_t wanted, uint64_t seed) {
  Groups groups(*data);
  std::vector<int64_t> sizes(static_cast<size_t>(data->pictures()), 0);  // pictures of each group
  for (int64_t i = 0; i < data->pictures(); ++i) ++sizes[groups.of(i)];
  std::vector<bool> held(sizes.size(), false);
  int64_t pictures = 0;
  for (const uint32_t group : shuffled_order(data->pictures(), seed, kHeldOutPass)) {
    // A group that would be too much stays in training.
    if (sizes[group] == 0 || pictures + sizes[group] > wanted) continue;
    held[group] = true;
    pictures += sizes[group];
  }
  std::vector<int64_t> training, held_out;
  for (int64_t i = 0; i < data->size(); ++i)
    (held[groups.of(data->row(i).pictures[0])] ? held_out : training).push_back(i);
  if (training.empty() || held_out.empty())
    throw part_error(str("of ", data->pictures(), " pictures, ", wanted,
                         " cannot be held out: rows connect all of them"));
  return {std::make_unique<RowsView>(data, std::move(training)),
          std::make_unique<RowsView>(data, std::move(held_out))};
}

}  // namespace

std::optional<Part> parse_part(const std::string& text) {
  const bool per_cent = text.ends_with('%');
  const char* end = text.data() + text.size() - (per_cent ? 1 : 0);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  if (!(value > 0) || (per_cent && value >= 100) || (!per_cent && value != std::floor(value)))
    throw part_error("a part of " + text + " cannot be held out");
  return per_cent ? Part{value / 100, 0} : Part{0, static_cast<int64_t>(value)};
}

HeldOut hold_out(std::shared_ptr<const Dataset> data, Part part, uint64_t seed) {
  const int64_t pictures = data->pictures();
  const int64_t wanted =
      part.fraction > 0
          ? std::max<int64_t>(1, std::llround(part.fraction * static_cast<double>(pictures)))
          : part.count;
  if (wanted < 1 || wanted >= pictures)
    throw part_error(str(wanted, " of ", pictures, " pictures cannot be held out"));
  if (data->shards().size() == 1) return hold_out_by_picture(std::move(data), wanted, seed);
  if (const auto* joined = dynamic_cast<const JoinedDataset*>(data.get()))
    return hold_out_of_parts(*joined, wanted, seed);
  return hold_out_of_shards(std::move(data), wanted, seed);
}

}  // namespace medley::train
