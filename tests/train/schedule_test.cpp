// Learning rates and sums of figures against values computed by hand.
#include "train/loop/schedule.h"

#include "tests/catch.h"
#include "train/loop/metrics.h"

namespace medley::train {
namespace {

TEST_CASE("schedule: cosine warms up and falls to one percent") {
  OptimizerConfig config;
  config.lr = 2e-3;
  config.schedule = "cosine";
  config.warmup_steps = 100;
  auto rate = [&](int64_t step) { return learning_rate(config, step, 1000, 50); };
  CHECK(rate(0) == Approx(2e-3 / 100));
  // 2e-3 * 0.5 * (0.01 + 0.99 * (1 + cos(0.049 pi)) / 2)
  CHECK(rate(49) == Approx(9.9414659e-4).epsilon(1e-6));
  CHECK(rate(500) == Approx(2e-3 * (0.01 + 0.99 * 0.5)));
  CHECK(rate(1000) == Approx(2e-5));
  config.warmup_steps = 0;
  CHECK(rate(0) == Approx(2e-3));
}

TEST_CASE("schedule: paper warms up in the first pass and decays a tenth each pass") {
  OptimizerConfig config;
  config.lr = 3e-4;
  config.schedule = "paper";
  config.warmup_steps = 3000;
  auto rate = [&](int64_t step) { return learning_rate(config, step, 100000, 4000); };
  CHECK(rate(0) == Approx(1e-6));
  CHECK(rate(1500) == Approx(1.505e-4));
  CHECK(rate(3000) == Approx(3e-4));
  CHECK(rate(3999) == Approx(3e-4));
  CHECK(rate(4000) == Approx(2.7e-4));
  CHECK(rate(7999) == Approx(2.7e-4));
  CHECK(rate(8000) == Approx(2.43e-4));
  CHECK(rate(4000 * 90) == Approx(1e-6));
  // A first pass that is shorter than the warm-up cuts it off.
  CHECK(learning_rate(config, 1000, 100000, 1000) == Approx(2.7e-4));
}

TEST_CASE("schedule: linear and constant after a warm-up") {
  OptimizerConfig config;
  config.lr = 2e-3;
  config.warmup_steps = 100;
  const auto rate = [&](const char* schedule, int64_t step) {
    config.schedule = schedule;
    return learning_rate(config, step, 1000, 10);
  };
  for (const char* schedule : {"linear", "constant"}) CHECK(rate(schedule, 0) == Approx(2e-5));
  CHECK(rate("constant", 49) == Approx(1e-3));
  CHECK(rate("constant", 99) == 2e-3);
  CHECK(rate("constant", 999) == 2e-3);
  CHECK(rate("linear", 49) == Approx(1e-3 * 0.951));
  CHECK(rate("linear", 500) == Approx(1e-3));
  CHECK(rate("linear", 999) == Approx(2e-6));
  CHECK(rate("linear", 1000) == 0);
}

TEST_CASE("schedule: cosine_by_pass is constant within a pass and knows no warm-up") {
  OptimizerConfig config;
  config.lr = 1e-5;
  config.schedule = "cosine_by_pass";
  config.warmup_steps = 3000;
  // Five passes, the last of them cut short.
  const auto rate = [&](int64_t step) { return learning_rate(config, step, 480, 100); };
  CHECK(rate(0) == 1e-5);
  CHECK(rate(99) == 1e-5);
  CHECK(rate(100) == Approx(9.045084971874737e-06));
  CHECK(rate(299) == Approx(6.545084971874737e-06));
  CHECK(rate(479) == Approx(9.549150281252633e-07));
  // Data that a step swallows whole: every step is a pass.
  CHECK(learning_rate(config, 1, 2, 0) == Approx(5e-6));
}

TEST_CASE("metrics: a line holds means, and a saved sum goes on exactly") {
  using models::Figure;
  const std::vector<Figure> what{{"itc", Figure::loss},
                                 {"itm_accuracy", Figure::mean},
                                 {"gradient_norm", Figure::mean},
                                 {"temperature", Figure::last},
                                 {"lr", Figure::last}};
  FigureSums whole(what), first(what);
  for (int i = 0; i < 7; ++i) {
    const std::vector<double> values{0.1 * i, 0.2, 1.0 / 3, 0.07 + i, 1e-3 * i};
    whole.add(values);
    first.add(values);
    if (i == 3) {
      FigureSums second(what);
      second.restore(Json::parse(first.state().dump(), "t"));
      first = second;
    }
  }
  CHECK(first.line(7).dump() == whole.line(7).dump());
  CHECK(whole.means().at("itc") == Approx(0.3));
  CHECK(whole.means().at("temperature") == 6.07);
  CHECK(whole.means().at("lr") == 6e-3);
  CHECK_THROWS_WITH(whole.means().at("lm"), Catch::Contains("no figure 'lm'"));
  whole.reset();
  CHECK(whole.line(8).find("itc") == nullptr);
}

}  // namespace
}  // namespace medley::train
