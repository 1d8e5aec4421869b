// A trained model in memory, wherever it came from: a run or checkpoint of medley, a Hugging Face
// folder, or a file of weights (the original's .pth, or safetensors). Whoever only uses one takes a
// Pipeline (train/pipeline/pipeline.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/blip/blip.h"
#include "models/nlvr/nlvr.h"
#include "models/text/tokenizer.h"
#include "models/vqa/vqa.h"
#include "models/weights/hf_base.h"
#include "models/weights/load.h"
#include "train/config/config.h"

namespace medley::train {

struct OpenOptions {
  std::string device = "auto";  // cpu, cuda, cuda:N; auto: the first GPU, else the CPU
  // What a file of weights does not say: its sizes (a preset or a TOML file) and its vocab.txt.
  std::string config = "base";
  std::string vocab = {};
  int64_t image_size = 0;         // pixels a side, not for runs; 0: the one it was trained with
  bool allow_missing = false;     // weights that are not there become 0
  bool allow_unexpected = false;  // weights that nobody knows are left out
};

// What a path means, before its weights are read.
struct ModelSource {
  std::string source;   // checkpoint, folder or file
  std::string kind;     // for messages: "a medley checkpoint", "a BlipForConditionalGeneration"
  TrainConfig config;   // a run's own; of others the model's sizes count, the rest is the default
  models::HfConfig hf;  // what its config.json says, or would say
  models::Tokenizer tokenizer;
  std::vector<std::string> parts = {};  // first parts of the names of its weights

  // Texts are cleaned as the original cleans captions or questions for training, long ones are cut,
  // and [ENC] stands in front of one that is read with a picture. transformers' classes do none of
  // it, and their folders are used their way.
  bool as_original = true;
};

struct LoadedModel : ModelSource {
  std::unique_ptr<models::Blip> model = nullptr;   // or
  std::unique_ptr<models::Vqa> vqa = nullptr;      // a model for questions, or
  std::unique_ptr<models::Nlvr> nlvr = nullptr;    // for sentences about two pictures, or
  std::unique_ptr<models::HfBase> base = nullptr;  // a BlipModel

  models::LoadReport report = {};  // of a folder or a file
  int64_t left_behind = 0;         // weights of a file that only training needs

  bool has(const char* part) const;
  bool captions() const;             // has a decoder of captions
  bool matching() const;             // has an ITM head
  bool projections() const;          // has the contrastive space
  int64_t text_tokens() const;       // most tokens of a text that is read
  int64_t caption_tokens() const;    // of one that is written, unless something else is asked for
  const FlatArena& weights() const;  // of `model`, `vqa` or `nlvr`

  std::string clean(const std::string& text) const;
  // [CLS] text [SEP]. Throws ValueError for a text without a word, or for one that is too long and
  // not cut.
  std::vector<int32_t> encode(const std::string& text) const;
  models::PackedText encode(const std::vector<std::string>& texts) const;
  // Throws CheckpointError that says what the model is instead.
  void require(bool has, const char* what) const;
};

// First parts of the names in a BLIP that is complete; `temp` is the temperature.
const std::vector<std::string>& all_parts();

// A name is a path, or "demo" (model_path in train/config/config.h). Throws IoError when nothing is
// there, ConfigError when a file lacks its vocabulary, CheckpointError and DataError for what is
// damaged.
ModelSource find_model(const std::string& name, const OpenOptions& options = {});

// Throws IoError when nothing is there, ConfigError when a file lacks its vocabulary,
// CheckpointError and DataError for what is damaged or does not fit together, DeviceError for a
// device that is not there or that this kind of model does not run on.
LoadedModel load_model(const std::string& name, const OpenOptions& options = {});

}  // namespace medley::train
