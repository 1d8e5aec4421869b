// Finds out what a path means and loads it.
#include "train/pipeline/load_model.h"

#include <algorithm>
#include <filesystem>

#include "core/cuda/device.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "models/weights/hf_pictures.h"
#include "train/checkpoint/hf_tokenizer.h"
#include "train/loop/run_folder.h"
#include "train/loop/state.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;
using models::HfModel;

// What training keeps beside the model in a file of weights: momentum towers and queues.
bool is_left_behind(const std::string& name) {
  for (const char* part : {"visual_encoder_m.", "text_encoder_m.", "vision_proj_m.", "text_proj_m.",
                           "image_queue", "text_queue", "queue_ptr", "ptr_queue", "idx_queue"})
    if (name.starts_with(part)) return true;
  return false;
}

models::HfConfig hf_of(const models::ModelConfig& model, const models::Tokenizer& tokenizer) {
  models::HfConfig hf;
  hf.model = model;
  hf.model.vocab_size = tokenizer.size();
  hf.pad = tokenizer.pad();
  hf.sep = tokenizer.sep();
  hf.dec = tokenizer.dec();
  return hf;
}

// Parts of the model that an objective trains.
std::vector<std::string> parts_of_objective(const std::string& objective) {
  if (objective == "vqa") return models::parts_of(HfModel::vqa);
  if (objective == "nlvr") return {"visual_encoder.", "text_encoder.", "cls_head."};
  return all_parts();
}

ModelSource find_run(const std::string& path, const OpenOptions& options) {
  if (options.image_size > 0)
    throw ConfigError("another picture size does not go with a run",
                      "convert it to safetensors first");
  const std::string checkpoint = find_checkpoint(path);
  TrainConfig config = checkpoint_config(checkpoint);
  models::Tokenizer tokenizer = models::Tokenizer::read(checkpoint + "/vocab.txt");
  config.model.vocab_size = tokenizer.size();
  models::HfConfig hf = hf_of(config.model, tokenizer);
  if (config.objective == "vqa") hf.kind = HfModel::vqa;
  std::vector<std::string> parts = parts_of_objective(config.objective);
  return {.source = checkpoint,
          .kind = "a medley checkpoint" +
                  (config.objective == "pretrain" ? "" : " of " + config.objective),
          .config = std::move(config),
          .hf = std::move(hf),
          .tokenizer = std::move(tokenizer),
          .parts = std::move(parts)};
}

// What a BlipModel or a model for questions is run on.
Device cpu_alone(const std::string& kind, const std::string& device) {
  if (device != "auto" && device != "cpu")
    throw DeviceError(str(kind, " runs on the CPU alone, not on ", device));
  return {};
}

models::SpecialTokens tokens_of(const ModelSource& source) {
  return {source.hf.sep, source.hf.dec, source.tokenizer.enc()};
}

// The model that a run trains, from its checkpoint.
void load_run(LoadedModel& loaded, const OpenOptions& options) {
  const models::ModelConfig& sizes = loaded.config.model;
  const Device device = cuda::choose_device(options.device);
  const auto restored = [&](auto model) {
    restore_weights(model->weights(), loaded.source);
    return model;
  };
  if (loaded.config.objective == "vqa")
    loaded.vqa = restored(
        std::make_unique<models::Vqa>(sizes, tokens_of(loaded), DType::f32, device, std::nullopt));
  else if (loaded.config.objective == "nlvr")
    loaded.nlvr = restored(
        std::make_unique<models::Nlvr>(sizes, tokens_of(loaded), DType::f32, device, std::nullopt));
  else
    loaded.model =
        restored(std::make_unique<models::Blip>(sizes, tokens_of(loaded), DType::f32, device));
}

// Makes the model that hf and parts describe, and reads its weights.
void load_weights_of(LoadedModel& loaded, const OpenOptions& options) {
  models::HfConfig& hf = loaded.hf;
  if (options.image_size > 0) hf.model.image_size = options.image_size;
  loaded.config.model = hf.model;
  models::WeightFiles files(loaded.source);
  if (hf.kind == HfModel::base) {
    loaded.base = std::make_unique<models::HfBase>(files, hf, DType::f32,
                                                   cpu_alone(loaded.kind, options.device));
    return;
  }
  if (hf.kind == HfModel::vqa)
    loaded.vqa =
        std::make_unique<models::Vqa>(hf.model, tokens_of(loaded), DType::f32,
                                      cpu_alone(loaded.kind, options.device), std::nullopt);
  else
    loaded.model = std::make_unique<models::Blip>(hf.model, tokens_of(loaded), DType::f32,
                                                  cuda::choose_device(options.device));
  loaded.report = models::load_weights(
      files, {&loaded.weights()},
      {.parts = loaded.parts, .allow_missing = options.allow_missing, .allow_unexpected = true});
  std::vector<std::string>& unknown = loaded.report.unexpected;
  loaded.left_behind = static_cast<int64_t>(std::erase_if(unknown, is_left_behind));
  if (unknown.empty() || options.allow_unexpected) return;
  std::string names;
  for (size_t i = 0; i < std::min<size_t>(unknown.size(), 10); ++i) names += "\n  " + unknown[i];
  throw DataError(str(loaded.source, " has ", unknown.size(), " tensors that nobody knows:", names),
                  "--allow-unexpected (OpenOptions::allow_unexpected) leaves them out");
}

ModelSource find_folder(const std::string& path) {
  const models::WeightFiles weights(path);
  const models::HfConfig hf = models::read_hf_config(path + "/config.json", &weights);
  const models::HfPictures pictures = models::read_hf_pictures(path);
  if (pictures.side != 0 && pictures.side != hf.model.image_size)
    throw DataError(str(pictures.file, ": 'size' is ", pictures.side,
                        ", but config.json says image_size ", hf.model.image_size),
                    "the folder mixes the files of different models");
  if (!pictures.usual())
    info(pictures.file + " has another mean, deviation or scale than usual: it is applied");
  // First: GCC 12 destroys members twice when a later one's initializer throws.
  models::Tokenizer tokenizer = read_hf_tokenizer(path, hf);
  ModelSource found{.source = path,
                    .kind = str("a ", models::architecture_of(hf.kind)),
                    .config = {},
                    .hf = hf,
                    .tokenizer = std::move(tokenizer),
                    .parts = models::parts_of(hf.kind),
                    .as_original = false};
  found.config.model = hf.model;
  return found;
}

models::Tokenizer vocabulary_of(const std::string& path, const std::string& file) {
  if (path.empty())
    throw ConfigError(file + " carries no vocabulary",
                      "give its vocab.txt with --vocab (OpenOptions::vocab)");
  std::vector<std::string> pieces = models::Tokenizer::read_pieces(path);
  for (const char* added : {"[DEC]", "[ENC]"})
    if (std::find(pieces.begin(), pieces.end(), added) == pieces.end()) pieces.push_back(added);
  return models::Tokenizer(std::move(pieces));
}

ModelSource find_file(const std::string& path, const OpenOptions& options) {
  models::Tokenizer tokenizer = vocabulary_of(options.vocab, path);
  const TrainConfig sizes = load_config(options.config);
  ModelSource found{.source = path,
                    .kind = "a file of weights",
                    .config = {},
                    .hf = hf_of(sizes.model, tokenizer),
                    .tokenizer = std::move(tokenizer)};
  const models::WeightFiles files(path);
  for (const std::string& part : all_parts())
    if (std::any_of(files.entries().begin(), files.entries().end(),
                    [&](const models::WeightEntry& e) { return e.name.starts_with(part); }))
      found.parts.push_back(part);
  if (found.parts.empty()) throw DataError(path + " holds no part of a BLIP");
  const auto has = [&](const char* part) {
    return std::find(found.parts.begin(), found.parts.end(), part) != found.parts.end();
  };
  // Only VQA has both texts without matching: encoder and decoder share nothing there.
  if (has("text_encoder.") && has("text_decoder.") && !has("itm_head."))
    found.hf.kind = HfModel::vqa;
  found.config.model = found.hf.model;
  return found;
}

}  // namespace

const std::vector<std::string>& all_parts() {
  static const std::vector<std::string> parts = {
      "visual_encoder.", "text_encoder.", "text_decoder.", "vision_proj.",
      "text_proj.",      "itm_head.",     "temp"};
  return parts;
}

bool LoadedModel::has(const char* part) const {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

bool LoadedModel::captions() const { return model && has("text_decoder."); }

bool LoadedModel::matching() const { return model && has("text_encoder.") && has("itm_head."); }

bool LoadedModel::projections() const {
  return base || (model && has("text_encoder.") && has("vision_proj.") && has("text_proj."));
}

int64_t LoadedModel::text_tokens() const {
  return as_original ? config.model.max_tokens : config.model.max_positions;
}

int64_t LoadedModel::caption_tokens() const {
  return as_original ? config.model.max_tokens : std::min<int64_t>(20, config.model.max_positions);
}

const FlatArena& LoadedModel::weights() const {
  return vqa ? vqa->weights().weights : nlvr ? nlvr->weights().weights : model->weights().weights;
}

std::string LoadedModel::clean(const std::string& text) const {
  if (!as_original) return text;
  return vqa ? models::clean_question(text) : models::clean_caption(text);
}

std::vector<int32_t> LoadedModel::encode(const std::string& text) const {
  const std::string words = clean(text);
  const int64_t most = text_tokens();
  std::vector<int32_t> ids = tokenizer.encode_caption(words, most + 1);
  if (ids.size() == 2) throw ValueError(str("the text '", text, "' has no word"));
  if (static_cast<int64_t>(ids.size()) <= most) return ids;
  if (as_original) return tokenizer.encode_caption(words, most);
  throw ValueError(str("the text '", text.substr(0, 40), "...' has more than ", most,
                       " tokens, [CLS] and [SEP] counted: the model has no positions for them"),
                   "use a shorter text");
}

models::PackedText LoadedModel::encode(const std::vector<std::string>& texts) const {
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts) ids.push_back(encode(text));
  return models::pack(ids);
}

void LoadedModel::require(bool has, const char* what) const {
  if (!has)
    throw CheckpointError(str(source, " has no ", what, ": it is ", kind),
                          "use a medley run, or the folder of a model that was trained for this");
}

// What is no model, but what people take for one.
void refuse_other_things(const std::string& name) {
  std::error_code error;
  if (const std::string adapter = name + "/adapter_config.json"; fs::exists(adapter, error)) {
    const Json json = Json::read(adapter);
    const Json* base = json.find("base_model_name_or_path");
    throw DataError(
        str(name, " is an adapter", base && base->is_string() ? " of " + base->text() : "",
            ": changes of a model's weights, without the weights"),
        "merge it first: PEFT's merge_and_unload(), then save_pretrained()");
  }
  if (!fs::exists(name, error) && std::count(name.begin(), name.end(), '/') == 1 &&
      name.front() != '/' && name.back() != '/')
    throw IoError(
        name + " is not there",
        str("give the folder of a run, such as runs/demo; a model of the Hugging Face hub "
            "is downloaded first: `hf download ",
            name, " --local-dir ", name.substr(name.find('/') + 1), "`"));
}

ModelSource find_model(const std::string& given, const OpenOptions& options) {
  const std::string name = model_path(given);
  refuse_other_things(name);
  std::error_code error;
  if (fs::is_regular_file(name, error)) return find_file(name, options);
  if (fs::exists(name + "/config.json", error)) return find_folder(name);
  return find_run(name, options);
}

LoadedModel load_model(const std::string& name, const OpenOptions& options) {
  LoadedModel loaded{find_model(name, options)};
  if (loaded.kind.starts_with("a medley checkpoint"))
    load_run(loaded, options);
  else
    load_weights_of(loaded, options);
  return loaded;
}

}  // namespace medley::train
