// A trained model for the commands that use one: a run or checkpoint of medley, or a Hugging Face
// folder. What they can do differs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "models/vqa/vqa.h"
#include "models/weights/hf_base.h"

namespace medley::train {

struct OpenModel {
  std::string source;  // checkpoint or folder
  std::string kind;    // for messages: "a medley checkpoint", "a BlipForConditionalGeneration"
  models::Tokenizer tokenizer;
  std::unique_ptr<models::Blip> blip = nullptr;    // or
  std::unique_ptr<models::Vqa> vqa = nullptr;      // a BlipForQuestionAnswering, or
  std::unique_ptr<models::HfBase> base = nullptr;  // a BlipModel
  models::ModelConfig config = {};

  bool captions = false;     // has a decoder
  bool matching = false;     // has an ITM head
  bool projections = false;  // has the contrastive space

  // medley cleans texts as the original cleans captions for training, cuts long ones, and puts
  // [ENC] in front of a text that is matched. transformers' classes do none of it, and their
  // folders are used their way.
  bool own = false;
  int64_t text_tokens = 0;     // most tokens of a text that is read
  int64_t caption_tokens = 0;  // of one that is written, unless something else is asked for

  std::string clean(const std::string& text) const;
  // [CLS] text [SEP]. Throws ValueError for a text without a word, or for one that is too long and
  // not cut.
  std::vector<int32_t> encode(const std::string& text) const;
  // Throws CheckpointError that says what the model has instead.
  void require(bool has, const char* what) const;
};

// `device` as in cuda::choose_device. Throws IoError when nothing is there, CheckpointError and
// DataError for what is damaged or does not fit together, DeviceError for a device that is not
// there or that this kind of model does not run on.
OpenModel open_model(const std::string& path, const std::string& device);

}  // namespace medley::train
