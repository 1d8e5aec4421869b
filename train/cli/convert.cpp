// medley convert: weights from one format into another.
#include <filesystem>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/hf_folder.h"
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

void tell(const LoadedModel& source) {
  const models::LoadReport& report = source.report;
  if (report.loaded == 0) return;  // a run is complete
  const size_t unknown = report.unexpected.size();
  print(str("loaded ", report.loaded, " tensors of ", source.source, ", left out ",
            source.left_behind, " that only training needs",
            unknown > 0 ? str(" and ", unknown, " others") : "",
            report.missing.empty() ? "" : str("; missing: ", report.missing.size()),
            report.resized.empty() ? "" : "; position embeddings resized"));
}

void require_parts(const LoadedModel& source, const std::vector<std::string>& wanted,
                   const std::string& what) {
  std::string lacking;
  for (const std::string& part : wanted)
    if (!source.has(part.c_str())) lacking += " " + part + "*";
  if (!lacking.empty())
    throw DataError(str("the source cannot become ", what, ": it lacks", lacking),
                    "--to safetensors writes what it has");
}

void write_folder(const LoadedModel& source, HfModel kind, const std::string& target) {
  if ((kind == HfModel::vqa) != (source.vqa != nullptr))
    throw DataError(str("the source cannot become a ", models::architecture_of(kind)),
                    "a VQA model shares nothing between question encoder and answer decoder");
  require_parts(source, models::parts_of(kind), str("a ", models::architecture_of(kind)));
  models::HfConfig config = source.hf;
  config.kind = kind;
  write_whole_folder(target, [&](const std::string& folder) {
    write_huggingface(folder, source.weights(), config, source.tokenizer);
  });
}

void store_as(std::vector<models::NamedTensor>& tensors, const std::string& dtype) {
  for (models::NamedTensor& named : tensors)
    named.tensor = named.tensor.to(dtype == "bf16" ? DType::bf16 : DType::f32);
}

void write_run(const LoadedModel& source, const std::string& target, const std::string& dtype) {
  if (source.vqa) throw DataError("a VQA model cannot become a run", "--to vqa writes a folder");
  require_parts(source, all_parts(), "a run");
  TrainConfig config = source.config;  // of a run its own: it knows its data and splits
  config.model = source.hf.model;
  config.losses.queue_size = 0;
  std::vector<CheckpointFile> files = weight_files(source.weights(), config, source.tokenizer);
  for (CheckpointFile& file : files) store_as(file.tensors, dtype);
  write_whole_folder(target, [&](const std::string& folder) {
    const RunFolder run = create_run(folder, config, source.tokenizer);
    write_checkpoint(run.checkpoints(), 0, files, 1);
  });
}

void write_file(const LoadedModel& source, const std::string& target, const std::string& dtype) {
  if (fs::exists(target))
    throw IoError(target + " is there already", "name a new file: nothing is overwritten");
  std::vector<models::NamedTensor> tensors = models::part_tensors(source.weights(), source.parts);
  store_as(tensors, dtype);
  write_tensor_file(target, tensors, {{"format", "pt"}});
}

}  // namespace

int convert(const ConvertOptions& options) {
  const bool plain = options.to == "run" || options.to == "safetensors";
  if (!plain && options.dtype != "f32")
    throw ConfigError(str("--dtype ", options.dtype, " does not go with --to ", options.to),
                      "Hugging Face folders hold f32; --to run and --to safetensors may hold bf16");
  const LoadedModel source = load_model(options.source, options.open);
  if (source.base)
    throw DataError(options.source + " is a BlipModel, which has a text pooler that BLIP lacks",
                    "convert a model for captions, retrieval or questions");
  tell(source);
  if (options.to == "caption") write_folder(source, HfModel::caption, options.target);
  if (options.to == "retrieval") write_folder(source, HfModel::itm, options.target);
  if (options.to == "vqa") write_folder(source, HfModel::vqa, options.target);
  if (options.to == "run") write_run(source, options.target, options.dtype);
  if (options.to == "safetensors") write_file(source, options.target, options.dtype);
  print("wrote " + options.target);
  return 0;
}

}  // namespace medley::train
