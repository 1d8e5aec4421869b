// medley eval: figures of a trained model on splits or on data of the user.
#include "train/eval/evaluate.h"

#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/cli/read_list.h"
#include "train/data/decode.h"
#include "train/data/open.h"
#include "train/eval/figures.h"
#include "train/io/files.h"
#include "train/loop/data_source.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

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

// Pictures in folders that are named after their classes, as torchvision's ImageFolder takes them:
// cats/1.png, dogs/2.jpg and dogs/old/3.jpg are rows "cats", "dogs" and "dogs".
class ClassFolders : public Dataset {
 public:
  ClassFolders(const std::string& folder, const PictureOptions& options)
      : folder_(folder), files_(picture_files({folder}, true)), options_(options) {}

  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  Row row(int64_t index) const override {
    Row row;
    row.text = fs::path(picture_name(index)).begin()->string();
    row.pictures = {index};
    return row;
  }
  int64_t pictures() const override { return size(); }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    auto image = std::make_shared<const Image>(read_image(file(number), options_));
    warnings_.tell(*image, file(number));
    return image;
  }
  std::string picture_name(int64_t number) const override {
    return fs::path(file(number)).lexically_relative(folder_).string();
  }

 private:
  const std::string& file(int64_t number) const { return files_.at(static_cast<size_t>(number)); }

  std::string folder_;
  std::vector<std::string> files_;
  PictureOptions options_;
  mutable NoteWarnings warnings_;
};

// Null where `path` is something else: no folder, or one with a file beside the folders.
std::unique_ptr<Dataset> open_class_folders(const std::string& path,
                                            const PictureOptions& pictures) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return nullptr;
  for (const std::string& name : list_folder(path))
    if (!name.starts_with('.') && !fs::is_directory(path + "/" + name, error)) return nullptr;
  return std::make_unique<ClassFolders>(path, pictures);
}

std::unique_ptr<Dataset> open_own(const EvalCommandOptions& options) {
  if (options.task == "classify")
    if (std::unique_ptr<Dataset> folders = open_class_folders(options.data, options.pictures))
      return folders;
  OpenedData opened = open_data(options.data, {.images = options.images,
                                               .pictures = options.pictures,
                                               .animations = options.task == "video"});
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
    add(fs::path(options.data).stem().string(), *open_own(options));
  if (options.json)
    print_json(Json::object().set("checkpoint", loaded.source).set("eval", eval));
  else
    print_eval(eval);
  return 0;
}

}  // namespace medley::train
