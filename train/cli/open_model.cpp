// Opens what a path means.
#include "train/cli/open_model.h"

#include <filesystem>

#include "core/cuda/device.h"
#include "core/error.h"
#include "core/str.h"
#include "models/weights/hf_config.h"
#include "models/weights/load.h"
#include "train/checkpoint/hf_tokenizer.h"
#include "train/loop/run_folder.h"

namespace medley::train {
namespace {

using models::HfModel;

OpenModel open_own(const std::string& path, Device device) {
  LoadedModel loaded = load_model(path, device);
  OpenModel open{.source = loaded.checkpoint,
                 .kind = "a medley checkpoint",
                 .tokenizer = std::move(loaded.tokenizer),
                 .blip = std::move(loaded.model)};
  open.config = open.blip->model();
  open.captions = open.matching = open.projections = open.own = true;
  open.text_tokens = open.caption_tokens = open.config.max_tokens;
  return open;
}

// What a BlipModel or a BlipForQuestionAnswering is run on.
Device cpu_alone(const std::string& kind, const std::string& device) {
  if (device != "auto" && device != "cpu")
    throw DeviceError(str(kind, " runs on the CPU alone, not on ", device));
  return {};
}

OpenModel open_folder(const std::string& path, const std::string& device) {
  const models::HfConfig config = models::read_hf_config(path + "/config.json");
  OpenModel open{.source = path,
                 .kind = str("a ", models::architecture_of(config.kind)),
                 .tokenizer = read_hf_tokenizer(path, config)};
  open.config = config.model;
  open.captions = config.kind == HfModel::caption;
  open.matching = open.projections = config.kind == HfModel::itm;
  open.text_tokens = config.model.max_positions;
  open.caption_tokens = std::min<int64_t>(20, config.model.max_positions);
  const models::SpecialTokens tokens{config.sep, config.dec, config.dec + 1};
  models::WeightFiles files(path);
  if (config.kind == HfModel::base) {
    open.projections = true;
    open.base =
        std::make_unique<models::HfBase>(files, config, DType::f32, cpu_alone(open.kind, device));
    return open;
  }
  if (config.kind == HfModel::vqa)
    open.vqa = std::make_unique<models::Vqa>(config.model, tokens, DType::f32,
                                             cpu_alone(open.kind, device), std::nullopt);
  else
    open.blip = std::make_unique<models::Blip>(config.model, tokens, DType::f32,
                                               cuda::choose_device(device));
  models::LoadOptions options;
  options.parts = models::parts_of(config.kind);
  models::load_weights(
      files, {open.vqa ? &open.vqa->weights().weights : &open.blip->weights().weights}, options);
  return open;
}

}  // namespace

std::string OpenModel::clean(const std::string& text) const {
  return own ? models::clean_caption(text) : text;
}

std::vector<int32_t> OpenModel::encode(const std::string& text) const {
  const std::string words = clean(text);
  std::vector<int32_t> ids = tokenizer.encode_caption(words, text_tokens + 1);
  if (ids.size() == 2) throw ValueError(str("the text '", text, "' has no word"));
  if (static_cast<int64_t>(ids.size()) <= text_tokens) return ids;
  if (own) return tokenizer.encode_caption(words, text_tokens);
  throw ValueError(str("the text '", text.substr(0, 40), "...' has more than ", text_tokens,
                       " tokens, [CLS] and [SEP] counted: the model has no positions for them"),
                   "use a shorter text");
}

void OpenModel::require(bool has, const char* what) const {
  if (!has)
    throw CheckpointError(str(source, " has no ", what, ": it is ", kind),
                          "use a medley run, or the folder of a model that was trained for this");
}

OpenModel open_model(const std::string& path, const std::string& device) {
  std::error_code error;
  if (std::filesystem::exists(path + "/config.json", error)) return open_folder(path, device);
  return open_own(path, cuda::choose_device(device));
}

}  // namespace medley::train
