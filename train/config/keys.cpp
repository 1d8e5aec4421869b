// The table of all keys: parsing, printing, --set, comparing and the documentation go through it.
#include "train/config/config.h"

namespace medley::train {
namespace {

void add_model(std::vector<ConfigKey>& keys, models::ModelConfig& m) {
  auto add = [&](const char* key, auto* value, const char* help) {
    keys.push_back({"model", key, help, value});
  };
  add("image_size", &m.image_size, "pixels a side, a multiple of patch_size");
  add("patch_size", &m.patch_size, "pixels a side of a patch");
  add("vit_width", &m.vit_width, "image tower: width");
  add("vit_depth", &m.vit_depth, "image tower: blocks");
  add("vit_heads", &m.vit_heads, "image tower: attention heads");
  add("text_width", &m.text_width, "text tower: width");
  add("text_depth", &m.text_depth, "text tower: layers");
  add("text_heads", &m.text_heads, "text tower: attention heads");
  add("vit_ffn", &m.vit_ffn, "image tower: hidden width of the feed-forward; 0: 4 vit_width");
  add("text_ffn", &m.text_ffn, "text tower: hidden width of the feed-forward; 0: 4 text_width");
  add("share", &m.share,
      "by encoder and decoder: all, all_but_cross_attention, all_but_self_attention, none");
  add("embed_dim", &m.embed_dim, "width of the contrastive space");
  add("vocab_size", &m.vocab_size, "pieces of a vocabulary that is trained here, at most");
  add("max_positions", &m.max_positions, "rows of the position table");
  add("max_tokens", &m.max_tokens,
      "tokens of a caption, [CLS] and [SEP] included; the rest is cut");
  add("dropout", &m.dropout, "text side: hidden states and attention");
  add("drop_path", &m.drop_path, "image tower: stochastic depth, rate of the last block");
  add("init_std", &m.init_std, "of the starting weights; about width^-1/2 for narrow models");
  add("vit_eps", &m.vit_eps, "LayerNorm epsilon of the image tower");
  add("text_eps", &m.text_eps, "LayerNorm epsilon of the text tower");
  add("recompute", &m.recompute, "recompute blocks in the backward pass: less memory, more time");
}

void add_losses(std::vector<ConfigKey>& keys, models::LossConfig& l) {
  auto add = [&](const char* key, auto* value, const char* help) {
    keys.push_back({"losses", key, help, value});
  };
  add("queue_size", &l.queue_size, "features kept from earlier batches; 0: none");
  add("momentum", &l.momentum, "of the momentum towers");
  add("momentum_warmup", &l.momentum_warmup, "min(momentum, t / (t + 9)) at step t");
  add("alpha", &l.alpha, "weight of the soft targets");
  add("alpha_steps", &l.alpha_steps, "reached after so many steps");
  add("temperature", &l.temperature, "of the contrastive loss at the start");
  add("equal_captions", &l.equal_captions, "equal captions are positives, never negatives");
  add("label_smoothing", &l.label_smoothing, "of the language model loss");
}

void add_data(std::vector<ConfigKey>& keys, DataConfig& d) {
  auto add = [&](const char* table, const char* key, auto* value, const char* help,
                 bool may_change = false) {
    keys.push_back({table, key, help, value, may_change});
  };
  add("data", "kind", &d.kind, "scenes: composed pictures; files: of any form (docs/data.md)");
  add("data", "path", &d.path, "files: list, folder or shards; empty: medley's own", true);
  add("data", "images", &d.images, "files: folder or tar of pictures; empty: by the list", true);
  add("data", "val", &d.val, "files: split val, a path or a part of the pictures such as 5%");
  add("data", "image_column", &d.image_column, "files: of a table; empty: the usual names");
  add("data", "text_column", &d.text_column, "files: caption, question or sentence of a table");
  add("data", "answer_column", &d.answer_column, "files: answer of a table");
  add("data", "max_bad", &d.max_bad, "bad pictures allowed; below 1: a part; -1: 0, of shards 1 %");
  add("data", "vocabulary", &d.vocabulary, "vocab.txt to use; empty: train one from the captions");
  add("data", "references", &d.references, "probability that another right text stands in");
  add("data", "scenes", &d.scenes, "scenes: number of different training pictures");
  add("data", "workers", &d.workers, "threads that prepare batches; 0: none of their own", true);
  add("data", "prefetch", &d.prefetch, "batches kept ready", true);
}

void add_augment(std::vector<ConfigKey>& keys, SceneJitter& j, AugmentConfig& a) {
  auto add = [&](const char* table, const char* key, auto* value, const char* help) {
    keys.push_back({table, key, help, value});
  };
  add("jitter", "mirror", &j.mirror, "scenes: probability that a drawing is turned left to right");
  add("jitter", "turn", &j.turn, "largest angle, radians");
  add("jitter", "size", &j.size, "largest logarithm of the factor on its size");
  add("jitter", "stretch", &j.stretch, "the same for width / height");
  add("jitter", "warp", &j.warp, "largest shift of the knots of an elastic net, in parts of it");
  add("jitter", "recolour", &j.recolour, "0 to 1: how far its inks are mixed and scaled");
  add("jitter", "grey", &j.grey, "probability of ink without colour");
  add("jitter", "outline", &j.outline, "probability of its edges alone, as a line drawing");
  add("jitter", "blend", &j.blend, "probability of mixing it with the other artist's drawing");
  auto add_augment = [&](const char* key, auto* value, const char* help) {
    add("augment", key, value, help);
  };
  add_augment("kind", &a.kind, "none, affine (small models) or blip (the original's)");
  add_augment("strength", &a.strength, "affine: of zoom, shift, shear and turn");
  add_augment("colour", &a.colour, "affine: share of it that colour takes");
  add_augment("ground", &a.ground, "affine: probability of another colour for the white ground");
  add_augment("warp", &a.warp, "affine: elastic net, largest shift in parts of the side");
  add_augment("bold", &a.bold, "affine: probability of thicker lines, and of thinner ones");
  add_augment("blur", &a.blur, "affine: probability of a blur");
  add_augment("hue", &a.hue, "affine: largest turn of the hue, radians");
  add_augment("grey", &a.grey, "affine: probability of no colour");
  add_augment("invert", &a.invert, "affine: probability of the negative");
  add_augment("cutout", &a.cutout, "affine: probability of a covered square");
  add_augment("crop_scale", &a.crop_scale, "blip: smallest part of the area that is kept");
  add_augment("plain_autocontrast", &a.plain_autocontrast, "blip: AutoContrast as it was meant");
}

void add_training(std::vector<ConfigKey>& keys, TrainConfig& c) {
  auto add = [&](const char* key, auto* value, const char* help, bool may_change = false) {
    keys.push_back({"train", key, help, value, may_change});
  };
  OptimizerConfig& o = c.optimizer;
  add("objective", &c.objective, "pretrain, retrieval, caption, vqa or nlvr");
  add("prompt", &c.prompt, "caption: what every caption begins with");
  add("swap_pictures", &c.swap_pictures, "nlvr: left and right change places at random");
  add("steps", &c.steps, "optimizer steps; 0: epochs decide", true);
  add("epochs", &c.epochs, "passes over the data; 0: steps decide; else what ends first", true);
  add("minutes", &c.minutes, "stop cleanly after so much training time; 0: never", true);
  add("batch_size", &c.batch_size, "pictures a batch");
  add("accumulate", &c.accumulate, "batches a step, which follows the mean of their gradients");
  add("seed", &c.seed, "of everything random");
  add("device", &c.device, "cpu, cuda, cuda:N; auto: the first GPU, else the CPU", true);
  add("precision", &c.precision,
      "f32; bf16 on a GPU: activations and products, weights stay f32; f64 on a CPU: to check");
  add("graph", &c.graph, "on a GPU: a batch is recorded and launched as one; same results", true);
  add("threads", &c.threads, "0: as many as the machine has; results do not depend on it", true);
  add("lr", &o.lr, "learning rate");
  add("schedule", &o.schedule, "cosine, linear, constant, paper or cosine_by_pass");
  add("warmup_steps", &o.warmup_steps, "linear warm-up");
  add("beta1", &o.beta1, "AdamW");
  add("beta2", &o.beta2, "AdamW");
  add("eps", &o.eps, "AdamW");
  add("decay", &o.decay, "AdamW: weight decay, on every parameter");
  add("temperature_lr", &o.temperature_lr, "rate of the temperature, as a part of lr");
  add("gradient_clip", &o.gradient_clip, "largest gradient norm; 0: any");
  add("max_bad_steps", &c.max_bad_steps, "steps in a row with NaN before training gives up", true);
  add("log_every", &c.log_every, "steps a line of metrics.jsonl");
  add("eval_every", &c.eval_every, "steps; 0: after training, with patience each pass", true);
  add("metric", &c.metric, "figure that decides, such as cider; empty: the objective's", true);
  add("patience", &c.patience, "evaluations that may be no better; 0: any number", true);
  add("checkpoint_every", &c.checkpoint_every, "steps", true);
  add("keep_checkpoints", &c.keep_checkpoints, "older ones are removed", true);
  FinetuneConfig& f = c.finetune;
  auto add_finetune = [&](const char* key, auto* value, const char* help) {
    keys.push_back({"finetune", key, help, value});
  };
  keys.push_back(
      {"finetune", "from", "model that training starts with; empty: none", &f.from, true});
  add_finetune("freeze", &f.freeze, "vision, text or all-but-heads: what stays as it is");
  add_finetune("new_words", &f.new_words, "most words of the data that become pieces of their own");
  add_finetune("layer_decay", &f.layer_decay, "factor on the rate from a block to the one below");
  add_finetune("lora_rank", &f.lora_rank, "low-rank changes of attention and FFN; 0: no");
  add_finetune("lora_alpha", &f.lora_alpha, "their scale is lora_alpha / lora_rank");
  auto add_eval = [&](const char* key, auto* value, const char* help) {
    keys.push_back({"eval", key, help, value, true});
  };
  add_eval("splits", &c.eval.splits, "evaluated after training; eval_every uses the first");
  add_eval("scenes", &c.eval.scenes, "scenes: pictures of a split");
  add_eval("rerank", &c.eval.rerank, "candidates that ITM orders again");
  add_eval("batch_size", &c.eval.batch_size, "pictures at a time");
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

}  // namespace medley::train
