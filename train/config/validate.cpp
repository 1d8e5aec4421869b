// What the values of a configuration may be.
#include <cmath>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "models/objectives/make.h"
#include "train/config/config.h"

namespace medley::train {
namespace {

template <class T>
void require(bool good, const char* key, const T& value, const char* wanted) {
  if (!good) throw ConfigError(str(key, " is ", value, " but must be ", wanted));
}

void one_of(const char* key, const std::string& value, const std::vector<std::string>& choices) {
  std::string list;
  for (const std::string& choice : choices) {
    if (choice == value) return;
    list += (list.empty() ? "" : ", ") + choice;
  }
  throw ConfigError(
      str(key, " is '", value, "' but must be one of: ", list, did_you_mean(value, choices)));
}

std::string text_of(double bound) {
  const bool whole = std::floor(bound) == bound && std::abs(bound) < 1e15;
  return whole ? std::to_string(static_cast<int64_t>(bound)) : str(bound);
}

std::string text_of(const Bounds& b) {
  const std::string low = text_of(b.low), high = text_of(b.high);
  if (b.above) return "above " + low + " and at most " + high;
  if (b.below) return "at least " + low + " and below " + high;
  return low + " to " + high;
}

// NaN is within no bounds.
bool is_within(const Bounds& b, double value) {
  return (b.above ? value > b.low : value >= b.low) && (b.below ? value < b.high : value <= b.high);
}

void check_bounds(const TrainConfig& config) {
  TrainConfig copy = config;
  for (const ConfigKey& key : config_keys(copy)) {
    const auto check = [&](auto value) {
      if (!is_within(key.bounds, static_cast<double>(value)))
        throw ConfigError(
            str(key.table, ".", key.key, " is ", value, " but must be ", text_of(key.bounds)));
    };
    if (const auto* whole = std::get_if<int64_t*>(&key.value)) check(**whole);
    if (const auto* number = std::get_if<double*>(&key.value)) check(**number);
  }
}

}  // namespace

void validate(const TrainConfig& c) {
  check_bounds(c);
  models::validate(c.model);
  models::validate(c.losses);
  one_of("data.kind", c.data.kind, {"scenes", "files"});
  one_of("data.exif", c.data.exif, {"original", "apply"});
  one_of("data.grey16", c.data.grey16, {"clip", "scale"});
  one_of("augment.kind", c.augment.kind, {"none", "affine", "blip"});
  one_of("train.objective", c.objective, models::objective_names());
  one_of("train.precision", c.precision, {"f32", "bf16", "f64"});
  one_of("train.schedule", c.optimizer.schedule,
         {"cosine", "linear", "constant", "paper", "cosine_by_pass"});
  require(c.steps > 0 || c.epochs > 0, "train.steps", c.steps,
          "at least 1 unless train.epochs says when training ends");
  require(c.precision != "f64" || (c.eval_every == 0 && c.patience == 0), "train.precision",
          c.precision, "f32 or bf16 where train.eval_every or train.patience evaluates on the way");
  require(c.batch_size >= 2 || (c.objective != "pretrain" && c.objective != "retrieval"),
          "train.batch_size", c.batch_size,
          "at least 2: the matching loss takes its negatives from the batch");
}

}  // namespace medley::train
