// A group of figures as JSON: each with its 95 % interval (train/metrics/bootstrap.h) and, once for
// the group, what the trivial answer scores:
//   {"r1": 0.5, "r1_interval": [0.45, 0.55], "trivial": {"r1": 0.01}}
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "train/metrics/bootstrap.h"

namespace medley::train {

class FigureGroup {
 public:
  // `items` are what is drawn again for the intervals: pictures, questions. Without `intervals` the
  // group is the figures only.
  FigureGroup(int64_t items, bool intervals) : items_(items), intervals_(intervals) {}

  // The value over some of the items, which may repeat.
  using Figure = std::function<double(std::span<const int64_t>)>;
  void add(const std::string& name, const Figure& figure);
  // The mean of one value per item; 0 when there are none.
  void add_mean(const std::string& name, const std::vector<double>& values);

  // Kept only beside intervals: figures on the way in training do without.
  void set_trivial(Json figures);
  Json json() const { return json_; }

 private:
  int64_t items_;
  bool intervals_;
  Json json_ = Json::object();
};

// A figure as people read it.
struct FigureLine {
  std::string group, name;  // "texts of a picture, ITC", "R@1"
  double value = 0;
  std::optional<Interval> interval;
  std::optional<double> trivial;
  std::string answer;  // the trivial one; empty: chance
};
// Every figure of a split's JSON (train/eval/evaluate.h), in its order.
std::vector<FigureLine> figure_lines(const Json& split);
// What was measured: "400 pictures, 312 texts".
std::string counts_line(const Json& split);

}  // namespace medley::train
