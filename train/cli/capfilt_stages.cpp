// Each stage asks first whether it is done.
#include "train/cli/capfilt_stages.h"

#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/data/list_file.h"
#include "train/data/open.h"
#include "train/io/files.h"
#include "train/loop/run_folder.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

// At least as large as the batch of every recipe for small models.
constexpr int64_t kBatch = 256;
// Passes of a large model that is fine-tuned by all losses: as many as the original's captioner.
constexpr double kEpochsOfBoth = 5;

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Lists of other folders name the pictures too, so that they cannot be looked for beside those.
std::string beside(const std::string& list) {
  const std::string folder = fs::absolute(list).parent_path().string();
  return is_there(folder + "/images.tar") ? folder + "/images.tar" : folder;
}

template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

CapfiltStages::CapfiltStages(const CapfiltSetup& setup, Json more)
    : o_(setup), simulated_(setup.web.empty()) {
  if (!simulated_) count_clean_pairs();
  make_folders(o_.out);
  keep_settings(std::move(more));
  if (simulated_) {
    make_web();
    count_clean_pairs();
  }
}

void CapfiltStages::count_clean_pairs() {
  if (o_.clean.empty())
    throw ConfigError("CapFilt needs pairs that people wrote, to fine-tune captioner and filter",
                      "give them with --clean");
  if (o_.images.empty()) o_.images = beside(o_.web);
  clean_pairs_ = open_data(o_.clean, {.images = o_.images}).data->size();
  if (clean_pairs_ < 2)
    throw DataError(str("[data] ", o_.clean, " has ", clean_pairs_,
                        " pair, and the filter learns from wrong ones made of two"),
                    "a few hundred pairs that people wrote are a beginning");
}

// A stage that is done stays, so that other options would not be seen in it.
void CapfiltStages::keep_settings(Json more) const {
  const auto list = [](const std::vector<std::string>& texts) {
    Json json = Json::array();
    for (const std::string& text : texts) json.push(text);
    return json;
  };
  const Json settings = std::move(more)
                            .set("config", o_.config)
                            .set("set", list(o_.set))
                            .set("web", o_.web)
                            .set("clean", o_.clean)
                            .set("images", o_.images)
                            .set("eval", list(o_.eval))
                            .set("count", json_of(o_.count))
                            .set("steps", json_of(o_.steps))
                            .set("epochs", json_of(o_.epochs))
                            .set("seed", json_of(o_.seed));
  const std::string file = path_of("run.json");
  if (is_there(file))
    require_same_settings(o_.out, Json::read(file), settings);
  else
    replace_file(file, settings.dump(1) + "\n");
}

void CapfiltStages::make_web() {
  const std::string folder = path_of("web");
  if (!is_there(folder)) {
    info("making a small web of scenes");
    make_task({.task = "web", .from = "scenes", .out = folder, .count = o_.count, .seed = o_.seed});
  }
  o_.web = folder + "/web.json";
  o_.clean = folder + "/clean.json";
  o_.images = folder + "/images.tar";
  for (const char* split : {"test_seen", "test_pair", "test_drawing"})
    o_.eval.push_back(str(folder, "/", split, ".json"));
}

// One list of the rows of several. Their pictures are in one place.
std::string CapfiltStages::join(const std::string& name,
                                const std::vector<std::string>& lists) const {
  const std::string path = path_of(name + ".json");
  if (is_there(path)) return path;
  ListFile all(path);
  for (const std::string& list : lists) {
    const OpenedData opened = open_data(list, {.images = o_.images});
    for (int64_t i = 0; i < opened.data->size(); ++i) {
      const Row row = opened.data->row(i);
      all.add(Json::object()
                  .set("image", opened.data->picture_name(row.pictures.at(0)))
                  .set("caption", row.text));
    }
  }
  all.close();
  return path;
}

std::string CapfiltStages::noisy_list() const { return join("noisy", {o_.web, o_.clean}); }

std::string CapfiltStages::true_list() const {
  return join("true", {path_of("web/web_truth.json"), o_.clean});
}

// A run that has its figures is done; one that has begun goes on.
void CapfiltStages::train(const std::string& name, TrainingOptions options) const {
  const std::string run = path_of(name);
  if (is_there(run + "/metrics.json")) return info(name + ": done before");
  info(name + ":");
  if (holds_run(run)) {
    TrainingOptions rest;
    rest.task = options.task;
    rest.resume = run;
    options = rest;
  } else {
    options.out = run;
    options.images = o_.images;
    options.seed = o_.seed;
    options.threads = o_.threads;
    options.set.push_back("eval.splits=[]");
  }
  if (!train_run(options)) throw StageStopped();
}

void CapfiltStages::pretrain(const std::string& name, const std::string& list,
                             const std::vector<std::string>& set) const {
  TrainingOptions options;
  options.config = o_.config;
  options.data = list;
  options.steps = o_.steps;
  options.set = o_.set;
  options.set.insert(options.set.end(), set.begin(), set.end());
  train(name, options);
}

void CapfiltStages::finetune(const std::string& name, const std::string& task,
                             const std::string& from) const {
  TrainingOptions options;
  if (task != "pretrain") options.task = task;
  options.from = path_of(from);
  options.data = o_.clean;
  options.epochs = o_.epochs;
  if (is_of_drawings(load_config(o_.config).model)) {
    options.config = task == "caption"     ? "small_captioner"
                     : task == "retrieval" ? "small_filter"
                                           : "small_captioner_filter";
  } else if (task == "pretrain") {
    options.config = o_.config;
    options.epochs = o_.epochs.value_or(kEpochsOfBoth);
  }
  if (clean_pairs_ < kBatch) options.batch = clean_pairs_;
  train(name, options);
}

void CapfiltStages::label(const std::string& name, const std::string& captioner,
                          const std::string& filter, int64_t beams) const {
  LabelOptions options;
  options.data = o_.web;
  options.images = o_.images;
  options.captioner = path_of(captioner);
  options.filter = path_of(filter);
  options.out = path_of(name);
  if (beams > 0) {
    options.generate.sample = false;
    options.generate.beams = beams;
  }
  info(name + ":");
  if (train::label(options).stopped) throw StageStopped();
}

Selection CapfiltStages::select(const std::string& name, SelectOptions options) const {
  options.folder = path_of(options.folder);
  options.out = path_of(name);
  options.human = o_.clean;
  options.images = o_.images;
  return train::select(options);
}

Json CapfiltStages::evaluate(const std::string& name) const {
  const std::string file = path_of(name + "/eval.json");
  if (is_there(file)) return Json::read(file);
  LoadedModel loaded = load_model(path_of(name));
  Json all = Json::object();
  for (const std::string& list : o_.eval) {
    const std::string split = fs::path(list).stem().string();
    info(str("evaluating ", name, " on ", split));
    const OpenedData opened = open_data(list, {.images = o_.images});
    EvalOptions options;
    options.rerank = loaded.config.eval.rerank;
    options.caption.generate.max_length = loaded.caption_tokens();
    all.set(split, evaluate_loaded(loaded, *opened.data, options).figures);
  }
  replace_file(file, all.dump(1) + "\n");
  return all;
}

}  // namespace medley::train
