// The schedules.
#include "train/loop/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace medley::train {
namespace {

constexpr double kCosineFloor = 0.01;
constexpr double kPaperLeast = 1e-6;
constexpr double kPaperPerPass = 0.9;

double warm_up(const OptimizerConfig& config, int64_t step) {
  return config.warmup_steps > 0 ? std::min(1.0, static_cast<double>(step + 1) /
                                                     static_cast<double>(config.warmup_steps))
                                 : 1.0;
}

// The part of the run, or of its passes, that is done.
double done(int64_t step, int64_t steps) {
  return std::min(1.0, static_cast<double>(step) / static_cast<double>(steps));
}

double half_cosine(double part) { return 0.5 * (1 + std::cos(std::numbers::pi * part)); }

double paper(const OptimizerConfig& config, int64_t step, int64_t pass) {
  if (pass > 0)
    return std::max(kPaperLeast, config.lr * std::pow(kPaperPerPass, static_cast<double>(pass)));
  if (config.warmup_steps == 0) return config.lr;
  double part = static_cast<double>(step) / static_cast<double>(config.warmup_steps);
  return std::min(config.lr, kPaperLeast + (config.lr - kPaperLeast) * part);
}

}  // namespace

double learning_rate(const OptimizerConfig& config, int64_t step, int64_t steps,
                     int64_t steps_per_pass) {
  const int64_t per_pass = std::max<int64_t>(1, steps_per_pass);
  const int64_t pass = step / per_pass, passes = (steps + per_pass - 1) / per_pass;
  if (config.schedule == "paper") return paper(config, step, pass);
  if (config.schedule == "cosine_by_pass") return config.lr * half_cosine(done(pass, passes));
  const double warm = config.lr * warm_up(config, step);
  if (config.schedule == "constant") return warm;
  if (config.schedule == "linear") return warm * (1 - done(step, steps));
  return warm * (kCosineFloor + (1 - kCosineFloor) * half_cosine(done(step, steps)));
}

}  // namespace medley::train
