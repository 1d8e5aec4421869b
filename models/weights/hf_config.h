// config.json of a Hugging Face folder of BLIP: which model it is and of what size.
#pragma once

#include <string>
#include <vector>

#include "models/config.h"
#include "models/weights/weight_files.h"

namespace medley::models {

// BlipForConditionalGeneration, BlipForImageTextRetrieval, BlipForQuestionAnswering, BlipModel.
enum class HfModel { caption, itm, vqa, base };

struct HfConfig {
  HfModel kind = HfModel::caption;
  ModelConfig model;
  int32_t pad = 0, sep = 102, dec = 30522;  // dec: bos_token_id; [ENC] follows it
  double label_smoothing = 0;
};

// Keys that are absent have the values of transformers' classes (an epsilon of 1e-5 in the image
// tower, where the original has 1e-6). `weights` are those beside it: their names say which model
// it is where `architectures` does not, and sizes that are not theirs are refused, before anything
// is built. Throws IoError, or DataError for a model that is no BLIP, for values of the wrong type
// or out of range and for what medley cannot run (another activation than gelu).
HfConfig read_hf_config(const std::string& path, const WeightFiles* weights = nullptr);

// The parts of parameter names that this kind of model has (LoadOptions::parts).
std::vector<std::string> parts_of(HfModel kind);
const char* architecture_of(HfModel kind);

}  // namespace medley::models
