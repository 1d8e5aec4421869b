// The table of all keys: parsing, printing, --set, comparing and the documentation go through it.
#include <type_traits>
#include <utility>

#include "core/str.h"
#include "core/suggest.h"
#include "train/config/config.h"

namespace medley::train {
namespace {

// No run needs values near these upper bounds. A larger one is a mistake or comes from a file that
// was made to do harm, and it would overflow somewhere.
constexpr double kMostSize = 1e6, kMostSteps = 1e12, kCircle = 6.2832;
constexpr Bounds kSizes{1, kMostSize}, kSteps{0, kMostSteps}, kPart{0, 1};
constexpr Bounds kRate{.low = 0, .high = 1, .below = true};
constexpr Bounds above_0(double high) { return {.low = 0, .high = high, .above = true}; }

template <class T>
constexpr bool kIsNumber = std::is_same_v<T, int64_t> || std::is_same_v<T, double>;

// The keys of a table. A number has bounds: without them it does not compile.
struct Table {
  std::vector<ConfigKey>& keys;
  const char* name;
  bool may_change = false;  // every key may

  template <class T>
  requires(!kIsNumber<T>) void operator()(const char* key, T* value, const char* help,
                                          bool change = false) const {
    keys.push_back({name, key, help, value, may_change || change, {}});
  }
  template <class T>
  requires kIsNumber<T>
  void operator()(const char* key, T* value, Bounds bounds, const char* help,
                  bool change = false) const {
    keys.push_back({name, key, help, value, may_change || change, bounds});
  }
};

// What other tools call a key.
const std::pair<const char*, const char*> kOtherNames[] = {
    {"learning_rate", "lr"},
    {"max_lr", "lr"},
    {"weight_decay", "decay"},
    {"wd", "decay"},
    {"num_epochs", "epochs"},
    {"max_steps", "steps"},
    {"num_steps", "steps"},
    {"train_steps", "steps"},
    {"bs", "batch_size"},
    {"per_device_train_batch_size", "batch_size"},
    {"gradient_accumulation_steps", "accumulate"},
    {"grad_clip", "gradient_clip"},
    {"max_grad_norm", "gradient_clip"},
    {"clip_grad_norm", "gradient_clip"},
    {"warmup", "warmup_steps"},
    {"warmup_ratio", "warmup_steps"},
    {"scheduler", "schedule"},
    {"lr_scheduler", "schedule"},
    {"early_stopping", "patience"},
    {"early_stopping_patience", "patience"},
    {"num_workers", "workers"},
    {"save_every", "checkpoint_every"},
    {"save_steps", "checkpoint_every"},
    {"save_total_limit", "keep_checkpoints"},
    {"eval_steps", "eval_every"},
    {"logging_steps", "log_every"},
    {"dtype", "precision"},
    {"fp16", "precision"},
    {"bf16", "precision"},
    {"img_size", "image_size"},
    {"resolution", "image_size"},
    {"image_res", "image_size"}};

void add_model(std::vector<ConfigKey>& keys, models::ModelConfig& m) {
  const Table add{keys, "model"};
  add("image_size", &m.image_size, {1, 65'536}, "pixels a side, a multiple of patch_size");
  add("patch_size", &m.patch_size, kSizes, "pixels a side of a patch");
  add("vit_width", &m.vit_width, kSizes, "image tower: width");
  add("vit_depth", &m.vit_depth, {1, 1000}, "image tower: blocks");
  add("vit_heads", &m.vit_heads, kSizes, "image tower: attention heads");
  add("text_width", &m.text_width, kSizes, "text tower: width");
  add("text_depth", &m.text_depth, {1, 1000}, "text tower: layers");
  add("text_heads", &m.text_heads, kSizes, "text tower: attention heads");
  add("vit_ffn", &m.vit_ffn, {0, kMostSize},
      "image tower: hidden width of the feed-forward; 0: 4 vit_width");
  add("text_ffn", &m.text_ffn, {0, kMostSize},
      "text tower: hidden width of the feed-forward; 0: 4 text_width");
  add("share", &m.share,
      "by encoder and decoder: all, all_but_cross_attention, all_but_self_attention, none");
  add("embed_dim", &m.embed_dim, kSizes, "width of the contrastive space");
  add("vocab_size", &m.vocab_size, kSizes, "pieces of a vocabulary that is trained here, at most");
  add("max_positions", &m.max_positions, kSizes, "rows of the position table");
  add("max_tokens", &m.max_tokens, {3, kMostSize},
      "tokens of a caption, [CLS] and [SEP] included; the rest is cut");
  add("dropout", &m.dropout, kRate, "text side: hidden states and attention");
  add("drop_path", &m.drop_path, kRate, "image tower: stochastic depth, rate of the last block");
  add("init_std", &m.init_std, above_0(10),
      "of the starting weights; about width^-1/2 for narrow models");
  add("vit_eps", &m.vit_eps, above_0(1), "LayerNorm epsilon of the image tower");
  add("text_eps", &m.text_eps, above_0(1), "LayerNorm epsilon of the text tower");
  add("recompute", &m.recompute, "recompute blocks in the backward pass: less memory, more time");
}

void add_losses(std::vector<ConfigKey>& keys, models::LossConfig& l) {
  const Table add{keys, "losses"};
  add("queue_size", &l.queue_size, {0, kMostSteps}, "features kept from earlier batches; 0: none");
  add("momentum", &l.momentum, kPart, "of the momentum towers");
  add("momentum_warmup", &l.momentum_warmup, "min(momentum, t / (t + 9)) at step t");
  add("alpha", &l.alpha, kPart, "weight of the soft targets");
  add("alpha_steps", &l.alpha_steps, kSteps, "reached after so many steps");
  add("temperature", &l.temperature, {0.001, 0.5}, "of the contrastive loss at the start");
  add("equal_captions", &l.equal_captions, "equal captions are positives, never negatives");
  add("label_smoothing", &l.label_smoothing, kRate, "of the language model loss");
}

void add_data(std::vector<ConfigKey>& keys, DataConfig& d) {
  const Table add{keys, "data"};
  add("kind", &d.kind, "scenes: composed pictures; files: of any form (docs/data.md)");
  add("path", &d.path, "files: list, folder or shards; empty: medley's own", true);
  add("images", &d.images, "files: folder or tar of pictures; empty: by the list", true);
  add("val", &d.val, "files: split val, a path or a part of the pictures such as 5%");
  add("image_column", &d.image_column, "files: of a table; empty: the usual names");
  add("text_column", &d.text_column, "files: caption, question or sentence of a table");
  add("answer_column", &d.answer_column, "files: answer of a table");
  add("max_bad", &d.max_bad, {-1, kMostSteps},
      "bad pictures allowed; below 1: a part; -1: 0, of shards 1 %", true);
  add("exif", &d.exif, "files: original (pictures as they are stored) or apply (upright)");
  add("grey16", &d.grey16, "files: grey of 16 bits, clip above 255 as Pillow or scale");
  add("strict", &d.strict, "files: damaged pictures that Pillow shows are bad too");
  add("vocabulary", &d.vocabulary, "vocab.txt to use; empty: train one from the captions");
  add("vocabulary_checksum", &d.vocabulary_checksum, "of the run's vocab.txt: training writes it",
      true);
  add("references", &d.references, kPart, "probability that another right text stands in");
  add("scenes", &d.scenes, {1, kMostSteps}, "scenes: number of different training pictures");
  add("workers", &d.workers, {0, 64}, "threads that prepare batches; 0: none of their own", true);
  add("prefetch", &d.prefetch, {1, 1000}, "batches kept ready", true);
}

void add_augment(std::vector<ConfigKey>& keys, SceneJitter& j, AugmentConfig& a) {
  const Table add{keys, "jitter"};
  add("mirror", &j.mirror, kPart, "scenes: probability that a drawing is turned left to right");
  add("turn", &j.turn, {0, kCircle}, "largest angle, radians");
  add("size", &j.size, {0, 2}, "largest logarithm of the factor on its size");
  add("stretch", &j.stretch, {0, 2}, "the same for width / height");
  add("warp", &j.warp, {0, 1}, "largest shift of the knots of an elastic net, in parts of it");
  add("recolour", &j.recolour, kPart, "0 to 1: how far its inks are mixed and scaled");
  add("grey", &j.grey, kPart, "probability of ink without colour");
  add("outline", &j.outline, kPart, "probability of its edges alone, as a line drawing");
  add("blend", &j.blend, kPart, "probability of mixing it with the other artist's drawing");
  const Table add_augment{keys, "augment"};
  add_augment("kind", &a.kind, "none, affine (small models) or blip (the original's)");
  add_augment("strength", &a.strength, {0, 4}, "affine: of zoom, shift, shear and turn");
  add_augment("colour", &a.colour, {0, 4}, "affine: share of it that colour takes");
  add_augment("ground", &a.ground, kPart,
              "affine: probability of another colour for the white ground");
  add_augment("warp", &a.warp, {0, 1}, "affine: elastic net, largest shift in parts of the side");
  add_augment("bold", &a.bold, kPart, "affine: probability of thicker lines, and of thinner ones");
  add_augment("blur", &a.blur, kPart, "affine: probability of a blur");
  add_augment("hue", &a.hue, {0, kCircle}, "affine: largest turn of the hue, radians");
  add_augment("grey", &a.grey, kPart, "affine: probability of no colour");
  add_augment("invert", &a.invert, kPart, "affine: probability of the negative");
  add_augment("cutout", &a.cutout, kPart, "affine: probability of a covered square");
  add_augment("crop_scale", &a.crop_scale, kPart, "blip: smallest part of the area that is kept");
  add_augment("plain_autocontrast", &a.plain_autocontrast, "blip: AutoContrast as it was meant");
}

void add_training(std::vector<ConfigKey>& keys, TrainConfig& c) {
  const Table add{keys, "train"};
  OptimizerConfig& o = c.optimizer;
  add("objective", &c.objective, "pretrain, retrieval, caption, vqa or nlvr");
  add("prompt", &c.prompt, "caption: what every caption begins with");
  add("swap_pictures", &c.swap_pictures, "nlvr: left and right change places at random");
  add("steps", &c.steps, kSteps, "optimizer steps; 0: epochs decide", true);
  add("epochs", &c.epochs, {0, 1e9}, "passes over the data; 0: steps decide; else what ends first",
      true);
  add("minutes", &c.minutes, {0, 1e9}, "stop cleanly after so much training time; 0: never", true);
  add("batch_size", &c.batch_size, kSizes, "pictures a batch");
  add("accumulate", &c.accumulate, {1, 10'000},
      "batches a step, which follows the mean of their gradients");
  add("seed", &c.seed, {0, 9e18}, "of everything random");
  add("device", &c.device, "cpu, cuda, cuda:N; auto: the first GPU, else the CPU", true);
  add("precision", &c.precision,
      "f32; bf16 on a GPU: activations and products, weights stay f32; f64 on a CPU: to check");
  add("graph", &c.graph, "on a GPU: a batch is recorded and launched as one; same results", true);
  add("threads", &c.threads, {0, 256}, "0: as many as the machine has; results do not depend on it",
      true);
  add("lr", &o.lr, above_0(100), "learning rate");
  add("schedule", &o.schedule, "cosine, linear, constant, paper or cosine_by_pass");
  add("warmup_steps", &o.warmup_steps, kSteps, "linear warm-up");
  add("beta1", &o.beta1, kRate, "AdamW");
  add("beta2", &o.beta2, kRate, "AdamW");
  add("eps", &o.eps, above_0(1), "AdamW");
  add("decay", &o.decay, {0, 100}, "AdamW: weight decay, on every parameter");
  add("temperature_lr", &o.temperature_lr, {0, 1000}, "rate of the temperature, as a part of lr");
  add("gradient_clip", &o.gradient_clip, {0, 1e9}, "largest gradient norm; 0: any");
  add("max_bad_steps", &c.max_bad_steps, {1, kMostSteps},
      "steps in a row with NaN before training gives up", true);
  add("log_every", &c.log_every, {1, kMostSteps}, "steps a line of metrics.jsonl");
  add("tensorboard", &c.tensorboard, "also write event files that TensorBoard shows", true);
  add("eval_every", &c.eval_every, kSteps, "steps; 0: after training, with patience each pass",
      true);
  add("metric", &c.metric, "figure that decides, such as cider; empty: the objective's", true);
  add("patience", &c.patience, kSteps, "evaluations that may be no better; 0: any number", true);
  add("checkpoint_every", &c.checkpoint_every, {1, kMostSteps}, "steps", true);
  add("keep_checkpoints", &c.keep_checkpoints, {1, kMostSteps}, "older ones are removed", true);
  FinetuneConfig& f = c.finetune;
  const Table add_finetune{keys, "finetune"};
  add_finetune("from", &f.from, "model that training starts with; empty: none", true);
  add_finetune("freeze", &f.freeze, "vision, text or all-but-heads: what stays as it is");
  add_finetune("new_words", &f.new_words, {0, kMostSize},
               "most words of the data that become pieces of their own");
  add_finetune("layer_decay", &f.layer_decay, {.low = 0, .high = 1, .above = true},
               "factor on the rate from a block to the one below");
  add_finetune("lora_rank", &f.lora_rank, {0, kMostSize},
               "low-rank changes of attention and FFN; 0: no");
  add_finetune("lora_alpha", &f.lora_alpha, above_0(1e6), "their scale is lora_alpha / lora_rank");
  const Table add_eval{keys, "eval", true};
  add_eval("splits", &c.eval.splits, "evaluated after training; eval_every uses the first");
  add_eval("scenes", &c.eval.scenes, {1, kMostSteps}, "scenes: pictures of a split");
  add_eval("rerank", &c.eval.rerank, {0, kMostSteps}, "candidates that ITM orders again");
  add_eval("batch_size", &c.eval.batch_size, kSizes, "pictures at a time");
}

}  // namespace

std::vector<ConfigKey> config_keys(TrainConfig& config) {
  std::vector<ConfigKey> keys;
  add_model(keys, config.model);
  add_losses(keys, config.losses);
  add_data(keys, config.data);
  add_augment(keys, config.jitter, config.augment);
  add_training(keys, config);
  return keys;
}

std::string nearest_key(const std::string& given, const std::vector<std::string>& known) {
  const std::string word = given.substr(given.rfind('.') + 1);
  if (word == "optimizer")
    return "; AdamW is the only one, and its keys are lr, beta1, beta2, eps and decay of [train]";
  for (const auto& [other, own] : kOtherNames)
    if (word == other) return str(", did you mean '", own, "'?");
  return did_you_mean(given, known);
}

}  // namespace medley::train
