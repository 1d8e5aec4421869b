// The two schedules.
#include "train/loop/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace medley::train {
namespace {

constexpr double kCosineFloor = 0.01;
constexpr double kPaperLeast = 1e-6;
constexpr double kPaperPerPass = 0.9;

double cosine(const OptimizerConfig& config, int64_t step, int64_t steps) {
  auto i = static_cast<double>(step);
  double warm = config.warmup_steps > 0
                    ? std::min(1.0, (i + 1) / static_cast<double>(config.warmup_steps))
                    : 1.0;
  double done = std::min(1.0, i / static_cast<double>(steps));
  double wave = 0.5 * (1 + std::cos(std::numbers::pi * done));
  return config.lr * warm * (kCosineFloor + (1 - kCosineFloor) * wave);
}

double paper(const OptimizerConfig& config, int64_t step, int64_t steps_per_pass) {
  int64_t pass = step / std::max<int64_t>(1, steps_per_pass);
  if (pass > 0)
    return std::max(kPaperLeast, config.lr * std::pow(kPaperPerPass, static_cast<double>(pass)));
  if (config.warmup_steps == 0) return config.lr;
  double part = static_cast<double>(step) / static_cast<double>(config.warmup_steps);
  return std::min(config.lr, kPaperLeast + (config.lr - kPaperLeast) * part);
}

}  // namespace

double learning_rate(const OptimizerConfig& config, int64_t step, int64_t steps,
                     int64_t steps_per_pass) {
  return config.schedule == "cosine" ? cosine(config, step, steps)
                                     : paper(config, step, steps_per_pass);
}

}  // namespace medley::train
