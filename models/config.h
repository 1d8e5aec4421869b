// What a BLIP is made of. The defaults are the original's ViT-B/16 pre-training; presets differ
// where a small model needs it (docs/recipes.md). Field names are the keys of the [model] and
// [losses] tables of a configuration file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace medley::models {

struct ModelConfig {
  int64_t image_size = 224;  // pixels a side, a multiple of patch_size
  int64_t patch_size = 16;
  int64_t vit_width = 768;
  int64_t vit_depth = 12;
  int64_t vit_heads = 12;
  int64_t vit_ffn = 0;  // hidden width of the image tower's feed-forward layers; 0: 4 vit_width
  int64_t text_width = 768;
  int64_t text_depth = 12;
  int64_t text_heads = 12;
  int64_t text_ffn = 0;     // hidden width of the text's feed-forward layers; 0: 4 text_width
  int64_t embed_dim = 256;  // width of the contrastive space
  int64_t vocab_size = 30524;
  int64_t max_positions = 512;  // rows of the position table
  int64_t max_tokens = 30;      // of a caption, [CLS] and [SEP] included; longer ones are cut
  // Which weights the encoder and the decoder of texts have in common (Li et al. 2022, table 3):
  // all, all_but_cross_attention, all_but_self_attention or none. In VQA they never have any, and
  // NLVR2 has no decoder.
  std::string share = "all_but_self_attention";
  double dropout = 0.1;    // text side: hidden states and attention probabilities
  double drop_path = 0;    // image side: stochastic depth, rate of the last block
  double init_std = 0.02;  // of the starting weights; about width^-1/2 for narrow models
  double vit_eps = 1e-6;   // LayerNorm epsilons
  double text_eps = 1e-12;
  bool recompute = false;  // recompute blocks in the backward pass: less memory, more time

  int64_t tokens_per_image() const {
    const int64_t side = image_size / patch_size;
    return side * side + 1;
  }
  int64_t vit_ffn_width() const { return vit_ffn > 0 ? vit_ffn : 4 * vit_width; }
  int64_t ffn_width() const { return text_ffn > 0 ? text_ffn : 4 * text_width; }
  bool shares_self_attention() const {
    return share == "all" || share == "all_but_cross_attention";
  }
  bool shares_cross_attention() const {
    return share == "all" || share == "all_but_self_attention";
  }
  bool shares_the_rest() const { return share != "none"; }  // embeddings and feed-forward
};

struct LossConfig {
  int64_t queue_size = 57600;    // features of earlier batches, kept for each modality; 0: none
  double momentum = 0.995;       // of the momentum towers
  bool momentum_warmup = false;  // min(momentum, t / (t + 9)) at step t
  double alpha = 0.4;            // weight of the momentum model's soft targets
  int64_t alpha_steps = 10000;   // steps of the linear ramp that reaches it
  double temperature = 0.07;     // at the start; kept within 0.001 .. 0.5
  bool equal_captions = false;   // equal captions are positives in ITC and never negatives in ITM
  double label_smoothing = 0.1;  // of the language model loss
};

// scenes, picturebook, tiny, small, base, large. Throws ConfigError with the nearest name for any
// other.
struct Preset {
  ModelConfig model;
  LossConfig losses;
};
Preset preset(const std::string& name);
std::vector<std::string> preset_names();

// Throws ConfigError that names the key, its value and what it must be.
void validate(const ModelConfig& config);
void validate(const LossConfig& config);

}  // namespace medley::models
