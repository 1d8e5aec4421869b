// Intervals: percentiles by hand, and a mean whose interval is known.
#include "train/metrics/bootstrap.h"

#include <cmath>
#include <numeric>

#include "core/threads.h"
#include "tests/catch.h"
#include "train/eval/figures.h"

namespace medley::train {
namespace {

double mean_of(const std::vector<double>& values, std::span<const int64_t> items) {
  double sum = 0;
  for (const int64_t i : items) sum += values[static_cast<size_t>(i)];
  return sum / static_cast<double>(items.size());
}

TEST_CASE("bootstrap: percentiles are linear between the two nearest values") {
  const std::vector<double> values{1, 2, 4, 8};
  CHECK(percentile(values, 0) == 1);
  CHECK(percentile(values, 50) == 3);
  CHECK(percentile(values, 90) == Approx(6.8));
  CHECK(percentile(values, 100) == 8);
  CHECK(percentile(std::vector<double>{7}, 97.5) == 7);
}

TEST_CASE("bootstrap: the interval of a share is that of the normal distribution") {
  std::vector<double> values(400);
  std::fill_n(values.begin(), 120, 1);
  const Interval interval =
      bootstrap(400, [&](std::span<const int64_t> items) { return mean_of(values, items); });
  const double half = 1.96 * std::sqrt(0.3 * 0.7 / 400);
  CHECK(interval.low == Approx(0.3 - half).margin(0.006));
  CHECK(interval.high == Approx(0.3 + half).margin(0.006));
}

TEST_CASE("bootstrap: the same items give the same interval, on any number of threads") {
  std::vector<double> values(50);
  std::iota(values.begin(), values.end(), 0.0);
  const auto interval = [&](int threads) {
    const int before = thread_count();
    set_thread_count(threads);
    const Interval found =
        bootstrap(50, [&](std::span<const int64_t> items) { return mean_of(values, items); });
    set_thread_count(before);
    return std::pair(found.low, found.high);
  };
  CHECK(interval(1) == interval(3));
  CHECK(interval(1).first < interval(1).second);
}

TEST_CASE("bootstrap: what does not vary has no width, and nothing gives nothing") {
  const auto two = [](std::span<const int64_t>) { return 2.0; };
  CHECK(bootstrap(10, two).low == 2);
  CHECK(bootstrap(10, two).high == 2);
  CHECK(bootstrap(0, two).high == 0);
}

TEST_CASE("figures: a group as JSON and as lines") {
  FigureGroup figures(4, true);
  figures.add_mean("accuracy", {1, 0, 1, 1});
  figures.set_trivial(Json::object().set("accuracy", 0.25).set("answer", "yes"));
  const Json json = figures.json();
  CHECK(json.at("accuracy").number() == 0.75);
  const auto& interval = json.at("accuracy_interval").items();
  CHECK(interval.at(0).number() < 0.75);
  CHECK(interval.at(1).number() == 1);
  const Json split = Json::object().set("questions", 4).set("images", 2).set("vqa", json);
  CHECK(counts_line(split) == "2 pictures, 4 questions");
  const std::vector<FigureLine> lines = figure_lines(split);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].name == "accuracy");
  CHECK(lines[0].interval->high == 1);
  CHECK(*lines[0].trivial == 0.25);
  CHECK(lines[0].answer == "yes");

  FigureGroup plain(4, false);
  plain.add_mean("accuracy", {1, 0, 1, 1});
  plain.set_trivial(Json::object().set("accuracy", 0.25));
  CHECK(plain.json().dump() == R"({"accuracy":0.75})");
}

}  // namespace
}  // namespace medley::train
