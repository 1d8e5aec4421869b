// Ranges of the values of a configuration.
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

}  // namespace

void validate(const TrainConfig& c) {
  models::validate(c.model);
  models::validate(c.losses);
  one_of("data.kind", c.data.kind, {"scenes", "files"});
  one_of("augment.kind", c.augment.kind, {"none", "affine", "blip"});
  one_of("train.objective", c.objective, models::objective_names());
  one_of("train.precision", c.precision, {"f32", "bf16", "f64"});
  one_of("train.schedule", c.optimizer.schedule,
         {"cosine", "linear", "constant", "paper", "cosine_by_pass"});
  require(c.data.scenes >= 1, "data.scenes", c.data.scenes, "at least 1");
  require(c.data.workers >= 0 && c.data.workers <= 64, "data.workers", c.data.workers, "0 to 64");
  require(c.data.prefetch >= 1, "data.prefetch", c.data.prefetch, "at least 1");
  for (const auto& [key, part] : {std::pair("data.references", c.data.references),
                                  {"augment.ground", c.augment.ground},
                                  {"augment.bold", c.augment.bold},
                                  {"augment.blur", c.augment.blur},
                                  {"augment.grey", c.augment.grey},
                                  {"augment.invert", c.augment.invert},
                                  {"augment.cutout", c.augment.cutout},
                                  {"augment.crop_scale", c.augment.crop_scale},
                                  {"jitter.mirror", c.jitter.mirror},
                                  {"jitter.recolour", c.jitter.recolour},
                                  {"jitter.grey", c.jitter.grey},
                                  {"jitter.outline", c.jitter.outline},
                                  {"jitter.blend", c.jitter.blend}})
    require(part >= 0 && part <= 1, key, part, "a part of 1");
  for (const auto& [key, size] : {std::pair("augment.warp", c.augment.warp),
                                  {"jitter.turn", c.jitter.turn},
                                  {"jitter.size", c.jitter.size},
                                  {"jitter.stretch", c.jitter.stretch},
                                  {"jitter.warp", c.jitter.warp}})
    require(size >= 0, key, size, "at least 0");
  require(c.augment.hue >= 0, "augment.hue", c.augment.hue, "at least 0");
  require(c.augment.strength >= 0, "augment.strength", c.augment.strength, "at least 0");
  require(c.augment.colour >= 0, "augment.colour", c.augment.colour, "at least 0");
  require(c.steps >= 0, "train.steps", c.steps, "at least 0");
  require(c.epochs >= 0, "train.epochs", c.epochs, "at least 0");
  require(c.steps > 0 || c.epochs > 0, "train.steps", c.steps,
          "at least 1 unless train.epochs says when training ends");
  require(c.patience >= 0, "train.patience", c.patience, "at least 0");
  require(c.precision != "f64" || (c.eval_every == 0 && c.patience == 0), "train.precision",
          c.precision, "f32 or bf16 where train.eval_every or train.patience evaluates on the way");
  require(c.finetune.new_words >= 0, "finetune.new_words", c.finetune.new_words, "at least 0");
  require(c.finetune.layer_decay > 0 && c.finetune.layer_decay <= 1, "finetune.layer_decay",
          c.finetune.layer_decay, "above 0 and at most 1");
  require(c.finetune.lora_rank >= 0, "finetune.lora_rank", c.finetune.lora_rank, "at least 0");
  require(c.finetune.lora_alpha > 0, "finetune.lora_alpha", c.finetune.lora_alpha, "above 0");
  require(c.minutes >= 0, "train.minutes", c.minutes, "at least 0");
  require(c.batch_size >= 1, "train.batch_size", c.batch_size, "at least 1");
  require(c.batch_size >= 2 || (c.objective != "pretrain" && c.objective != "retrieval"),
          "train.batch_size", c.batch_size,
          "at least 2: the matching loss takes its negatives from the batch");
  require(c.accumulate >= 1 && c.accumulate <= 10'000, "train.accumulate", c.accumulate,
          "1 to 10000");
  require(c.seed >= 0, "train.seed", c.seed, "at least 0");
  require(c.threads >= 0 && c.threads <= 256, "train.threads", c.threads, "0 to 256");
  require(c.max_bad_steps >= 1, "train.max_bad_steps", c.max_bad_steps, "at least 1");
  require(c.log_every >= 1, "train.log_every", c.log_every, "at least 1");
  require(c.eval_every >= 0, "train.eval_every", c.eval_every, "at least 0");
  require(c.checkpoint_every >= 1, "train.checkpoint_every", c.checkpoint_every, "at least 1");
  require(c.keep_checkpoints >= 1, "train.keep_checkpoints", c.keep_checkpoints, "at least 1");
  const OptimizerConfig& o = c.optimizer;
  require(o.lr > 0, "train.lr", o.lr, "above 0");
  require(o.warmup_steps >= 0, "train.warmup_steps", o.warmup_steps, "at least 0");
  require(o.beta1 >= 0 && o.beta1 < 1, "train.beta1", o.beta1, "in [0, 1)");
  require(o.beta2 >= 0 && o.beta2 < 1, "train.beta2", o.beta2, "in [0, 1)");
  require(o.eps > 0, "train.eps", o.eps, "above 0");
  require(o.decay >= 0, "train.decay", o.decay, "at least 0");
  require(o.temperature_lr >= 0, "train.temperature_lr", o.temperature_lr, "at least 0");
  require(o.gradient_clip >= 0, "train.gradient_clip", o.gradient_clip, "at least 0");
  require(c.eval.scenes >= 1, "eval.scenes", c.eval.scenes, "at least 1");
  require(c.eval.rerank >= 0, "eval.rerank", c.eval.rerank, "at least 0");
  require(c.eval.batch_size >= 1, "eval.batch_size", c.eval.batch_size, "at least 1");
}

}  // namespace medley::train
