// medley convert: weights from one format into another.
#include <algorithm>
#include <filesystem>
#include <functional>

#include "core/error.h"
#include "core/str.h"
#include "models/vqa/vqa.h"
#include "models/weights/hf_config.h"
#include "models/weights/hf_folder.h"
#include "models/weights/load.h"
#include "train/checkpoint/hf_tokenizer.h"
#include "train/checkpoint/huggingface.h"
#include "train/checkpoint/tensor_file.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/io/files.h"
#include "train/loop/run_folder.h"
#include "train/loop/state.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;
using models::HfModel;

// First parts of the names in a model that is complete; `temp` is the temperature.
const std::vector<std::string> kParts = {
    "visual_encoder.", "text_encoder.", "text_decoder.", "vision_proj.",
    "text_proj.",      "itm_head.",     "temp"};

bool begins(const std::string& name, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return name.starts_with(part); });
}

// What training keeps beside the model: momentum towers and queues.
bool is_left_behind(const std::string& name) {
  return begins(name, {"visual_encoder_m.", "text_encoder_m.", "vision_proj_m.", "text_proj_m.",
                       "image_queue", "text_queue", "queue_ptr", "ptr_queue", "idx_queue"});
}

// A model as it was found.
struct Source {
  models::HfConfig config;  // its kind counts for VQA alone
  models::Tokenizer tokenizer;
  std::vector<std::string> parts;  // that it has
  std::unique_ptr<models::Blip> blip = nullptr;
  std::unique_ptr<models::Vqa> vqa = nullptr;

  const FlatArena& weights() const {
    return vqa ? vqa->weights().weights : blip->weights().weights;
  }
  void make_model() {
    const models::SpecialTokens tokens{config.sep, config.dec, tokenizer.enc()};
    if (config.kind == HfModel::vqa)
      vqa = std::make_unique<models::Vqa>(config.model, tokens, DType::f32, Device{}, std::nullopt);
    else
      blip = std::make_unique<models::Blip>(config.model, tokens, DType::f32, Device{});
  }
};

models::HfConfig config_of(const models::ModelConfig& model, const models::Tokenizer& tokenizer) {
  models::HfConfig config;
  config.model = model;
  config.model.vocab_size = tokenizer.size();
  config.pad = tokenizer.pad();
  config.sep = tokenizer.sep();
  config.dec = tokenizer.dec();
  return config;
}

void load(Source& source, const std::string& path, const ConvertOptions& options) {
  if (options.image_size > 0) source.config.model.image_size = options.image_size;
  source.make_model();
  models::WeightFiles files(path);
  models::LoadOptions load;
  load.parts = source.parts;
  load.allow_missing = options.allow_missing;
  load.allow_unexpected = true;
  const models::LoadReport report = models::load_weights(files, {&source.weights()}, load);
  std::string left;
  int64_t behind = 0, unknown = 0;
  for (const std::string& name : report.unexpected) {
    if (is_left_behind(name)) {
      ++behind;
    } else if (++unknown <= 10) {
      left += "\n  " + name;
    }
  }
  if (unknown > 0 && !options.allow_unexpected)
    throw DataError(str(path, " has ", unknown, " tensors that nobody knows:", left),
                    "--allow-unexpected leaves them out");
  print(str("loaded ", report.loaded, " tensors of ", path, ", left out ", behind,
            " that only training needs", unknown > 0 ? str(" and ", unknown, " others") : "",
            report.missing.empty() ? "" : str("; missing: ", report.missing.size()),
            report.resized.empty() ? "" : "; position embeddings resized"));
}

Source open_hf(const std::string& path, const ConvertOptions& options) {
  const models::HfConfig config = models::read_hf_config(path + "/config.json");
  if (config.kind == HfModel::base)
    throw DataError(path + " is a BlipModel, which has a text pooler that BLIP lacks",
                    "convert a model for captions, retrieval or questions");
  Source source{config, read_hf_tokenizer(path, config), models::parts_of(config.kind)};
  load(source, path, options);
  return source;
}

models::Tokenizer vocabulary_of(const std::string& path, const std::string& file) {
  if (path.empty())
    throw ConfigError(file + " carries no vocabulary", "give its vocab.txt with --vocab");
  std::vector<std::string> pieces = models::Tokenizer::read_pieces(path);
  for (const char* added : {"[DEC]", "[ENC]"})
    if (std::find(pieces.begin(), pieces.end(), added) == pieces.end()) pieces.push_back(added);
  return models::Tokenizer(std::move(pieces));
}

Source open_file(const std::string& path, const ConvertOptions& options) {
  models::Tokenizer tokenizer = vocabulary_of(options.vocab, path);
  const TrainConfig config = load_config(options.config.empty() ? "base" : options.config);
  Source source{config_of(config.model, tokenizer), tokenizer, {}};
  const models::WeightFiles files(path);
  for (const std::string& part : kParts)
    if (std::any_of(files.entries().begin(), files.entries().end(),
                    [&](const models::WeightEntry& e) { return e.name.starts_with(part); }))
      source.parts.push_back(part);
  if (source.parts.empty()) throw DataError(path + " holds no part of a BLIP");
  // Only VQA has both texts without matching: encoder and decoder share nothing there.
  const auto has = [&](const char* part) { return begins(part, source.parts); };
  if (has("text_encoder.") && has("text_decoder.") && !has("itm_head."))
    source.config.kind = HfModel::vqa;
  load(source, path, options);
  return source;
}

Source open_own(const std::string& path, const ConvertOptions& options) {
  if (options.image_size > 0)
    throw ConfigError("--image-size does not go with a run", "convert it to safetensors first");
  LoadedModel loaded = load_model(path);
  const models::HfConfig config = config_of(loaded.model->model(), loaded.tokenizer);
  return {config, std::move(loaded.tokenizer), kParts, std::move(loaded.model)};
}

Source open(const ConvertOptions& options) {
  std::error_code error;
  const std::string& path = options.source;
  if (!fs::exists(path, error)) throw IoError(path + " is not there", "name a file or a folder");
  if (!fs::is_directory(path, error)) return open_file(path, options);
  return fs::exists(path + "/config.json", error) ? open_hf(path, options)
                                                  : open_own(path, options);
}

void require_parts(const Source& source, const std::vector<std::string>& wanted,
                   const std::string& what) {
  std::string lacking;
  for (const std::string& part : wanted)
    if (std::find(source.parts.begin(), source.parts.end(), part) == source.parts.end())
      lacking += " " + part + "*";
  if (!lacking.empty())
    throw DataError(str("the source cannot become ", what, ": it lacks", lacking),
                    "--to safetensors writes what it has");
}

// A folder that appears whole or not at all: written beside its place, then renamed.
void write_whole(const std::string& target, const std::function<void(const std::string&)>& write) {
  if (fs::exists(target))
    throw IoError(target + " is there already", "name a new folder: nothing is overwritten");
  const fs::path parent = fs::path(target).lexically_normal().parent_path();
  const std::string partial = target + ".partial";
  remove_path(partial);
  write(partial);
  rename_path(partial, target);
  sync_folder(parent.empty() ? "." : parent.string());
}

void write_folder(const Source& source, HfModel kind, const std::string& target) {
  if ((kind == HfModel::vqa) != (source.vqa != nullptr))
    throw DataError(str("the source cannot become a ", models::architecture_of(kind)),
                    "a VQA model shares nothing between question encoder and answer decoder");
  require_parts(source, models::parts_of(kind), str("a ", models::architecture_of(kind)));
  models::HfConfig config = source.config;
  config.kind = kind;
  write_whole(target, [&](const std::string& folder) {
    write_huggingface(folder, source.weights(), config, source.tokenizer);
  });
}

void write_run(const Source& source, const std::string& target) {
  if (source.vqa) throw DataError("a VQA model cannot become a run", "--to vqa writes a folder");
  require_parts(source, kParts, "a run");
  TrainConfig config;
  config.model = source.config.model;
  config.losses.queue_size = 0;
  write_whole(target, [&](const std::string& folder) {
    const RunFolder run = create_run(folder, config, source.tokenizer);
    write_checkpoint(run.checkpoints(), 0, weight_files(source.weights(), config, source.tokenizer),
                     1);
  });
}

void write_file(const Source& source, const std::string& target) {
  if (fs::exists(target))
    throw IoError(target + " is there already", "name a new file: nothing is overwritten");
  write_tensor_file(target, models::part_tensors(source.weights(), source.parts),
                    {{"format", "pt"}});
}

}  // namespace

int convert(const ConvertOptions& options) {
  const Source source = open(options);
  if (options.to == "caption") write_folder(source, HfModel::caption, options.target);
  if (options.to == "retrieval") write_folder(source, HfModel::itm, options.target);
  if (options.to == "vqa") write_folder(source, HfModel::vqa, options.target);
  if (options.to == "run") write_run(source, options.target);
  if (options.to == "safetensors") write_file(source, options.target);
  print("wrote " + options.target);
  return 0;
}

}  // namespace medley::train
