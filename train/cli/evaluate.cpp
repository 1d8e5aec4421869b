// medley eval: figures of a trained model on splits or on data of the user.
#include "train/eval/evaluate.h"

#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/class_folders.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/cli/read_list.h"
#include "train/data/open.h"
#include "train/eval/figures.h"
#include "train/io/files.h"
#include "train/loop/data_source.h"

namespace medley::train {
namespace {

void require_head(const LoadedModel& loaded, const std::string& task, const EvalOptions& measure) {
  if (task == "caption")
    loaded.require(loaded.captions(), "caption decoder");
  else if (task == "vqa")
    loaded.require(loaded.vqa != nullptr, "answer decoder");
  else if (task == "nlvr")
    loaded.require(loaded.nlvr != nullptr, "head for sentences about two pictures");
  else if (task == "classify" || measure.rerank == 0)
    loaded.require(loaded.model && loaded.projections(), "projections into a common space");
  else
    loaded.require(loaded.matching(), "matching head");
}

Evaluated run_task(LoadedModel& loaded, const std::string& task, const Dataset& data,
                   const EvalOptions& measure) {
  if (task == "classify") return evaluate_classes(*loaded.model, loaded.tokenizer, data, measure);
  if (task == "video") return evaluate_videos(*loaded.model, loaded.tokenizer, data, measure);
  return evaluate_loaded(loaded, data, measure);
}

// The distinct answers of the data that the model was trained on.
std::vector<std::string> training_answers(const LoadedModel& loaded) {
  if (loaded.config.eval.splits.empty())
    throw ConfigError(loaded.source + " has no training set whose answers could be ranked",
                      "give a list of answers by --candidates");
  const std::unique_ptr<Dataset> data = open_training_set(loaded.config).data;
  std::set<std::string> answers;
  for (int64_t r = 0; r < data->size(); ++r)
    for (const Answer& answer : data->row(r).answers) answers.insert(answer.text);
  if (answers.empty()) throw DataError("the training set of " + loaded.source + " has no answers");
  return {answers.begin(), answers.end()};
}

EvalOptions measure_of(const EvalCommandOptions& options, const LoadedModel& loaded) {
  EvalOptions measure = options.measure;
  measure.retrieval = options.task == "retrieval";
  measure.captions = options.task == "caption";
  if (measure.caption.prompt.empty()) measure.caption.prompt = loaded.config.prompt;
  if (measure.caption.generate.max_length == 0)
    measure.caption.generate.max_length = loaded.caption_tokens();
  measure.rerank = options.rerank.value_or(loaded.config.eval.rerank);
  measure.batch_size = options.batch.value_or(loaded.config.eval.batch_size);
  using FirstToken = models::Blip::FirstToken;
  measure.first = options.first_token == "cls" ? FirstToken::cls : FirstToken::enc;
  if (!options.candidates.empty())
    (options.task == "vqa" ? measure.answers.candidates : measure.classes) =
        read_list(options.candidates);
  else if (options.rank)
    measure.answers.candidates = training_answers(loaded);
  return measure;
}

std::unique_ptr<Dataset> open_own(const EvalCommandOptions& options) {
  if (options.task == "classify")
    if (std::unique_ptr<Dataset> folders = open_class_folders(options.data)) return folders;
  OpenedData opened = open_data(options.data, {.images = options.images});
  info(opened.summary());
  return std::move(opened.data);
}

}  // namespace

int evaluate(const EvalCommandOptions& options) {
  if (options.data.empty() && !options.images.empty())
    throw ConfigError("--images says where the pictures of --data are: give both");
  if (!options.data.empty() && !options.splits.empty())
    throw ConfigError("give either --split or --data");
  LoadedModel loaded = load_model(options.model, options.open);
  const EvalOptions measure = measure_of(options, loaded);
  require_head(loaded, options.task, measure);
  const auto& splits = options.splits.empty() ? loaded.config.eval.splits : options.splits;
  if (options.data.empty() && splits.empty())
    throw ConfigError(loaded.source + " has no splits of its own",
                      "name some with --split, or give --data");
  if (!options.out.empty() && options.data.empty() && splits.size() > 1)
    throw ConfigError(str("--out is one file, for one of the ", splits.size(), " splits"),
                      "name it with --split");

  Json eval = Json::object();
  const auto add = [&](const std::string& name, const Dataset& data) {
    info("evaluating " + name);
    const Evaluated result = run_task(loaded, options.task, data, measure);
    if (options.out.empty() && figure_lines(result.figures).empty())
      throw ConfigError(str(name, " has no known answer to compare with"),
                        "--out FILE writes what the model says");
    eval.set(name, result.figures);
    if (!options.out.empty()) replace_file(options.out, result.said.dump(1) + "\n");
  };
  if (options.data.empty())
    for (const std::string& split : splits) add(split, *open_split(loaded.config, split).data);
  else
    add(std::filesystem::path(options.data).stem().string(), *open_own(options));
  if (options.json)
    print_json(Json::object().set("checkpoint", loaded.source).set("eval", eval));
  else
    print_eval(eval);
  return 0;
}

}  // namespace medley::train
