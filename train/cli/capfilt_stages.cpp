// Each stage asks first whether it is done.
#include "train/cli/capfilt_stages.h"

#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/data/open.h"
#include "train/io/files.h"
#include "train/loop/run_folder.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

// Passes of a large model that is fine-tuned by all losses: as many as the original's captioner.
constexpr double kEpochsOfBoth = 5;

template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

CapfiltStages::CapfiltStages(const CapfiltSetup& setup, Json more)
    : o_(setup), simulated_(setup.web.empty()) {
  if (!simulated_) look_at_pairs();
  make_folders(o_.out);
  keep_settings(std::move(more));
  if (simulated_) {
    make_web();
    look_at_pairs();
  }
}

void CapfiltStages::look_at_pairs() {
  if (o_.clean.empty())
    throw ConfigError("CapFilt needs pairs that people wrote, to fine-tune captioner and filter",
                      "give them with --clean");
  const size_t both = o_.images.find("::");
  web_images_ = o_.images.substr(0, both);
  clean_images_ = both == o_.images.npos ? o_.images : o_.images.substr(both + 2);
  const OpenedData clean = open_data(o_.clean, {.images = clean_images_});
  clean_pairs_ = clean.data->size();
  if (clean_pairs_ < 2)
    throw DataError(str("[data] ", o_.clean, " has ", clean_pairs_,
                        " pair, and the filter learns from wrong ones made of two"),
                    "a few hundred pairs that people wrote are a beginning");
  Findings findings(true);
  const OpenedData web = open_web(o_.web, web_images_, findings);
  if (web.images == clean.images) place_ = web.images;
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
  for (const char* split : {"test_seen", "test_pair", "test_drawing"})
    o_.eval.push_back(str(folder, "/", split, ".json"));
}

CapfiltStages::Pairs CapfiltStages::noisy_pairs() const {
  return {o_.web + "::" + o_.clean, o_.images};
}

CapfiltStages::Pairs CapfiltStages::true_pairs() const {
  return {path_of("web/web_truth.json") + "::" + o_.clean, ""};
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
    options.seed = o_.seed;
    options.threads = o_.threads;
    options.set.push_back("eval.splits=[]");
  }
  if (!train_run(options)) throw StageStopped();
}

void CapfiltStages::pretrain(const std::string& name, const Pairs& pairs,
                             const std::vector<std::string>& set) const {
  TrainingOptions options;
  options.config = o_.config;
  options.data = pairs.data;
  options.images = pairs.images;
  options.steps = o_.steps;
  options.set = o_.set;
  options.set.insert(options.set.end(), set.begin(), set.end());
  train(name, options);
}

std::string CapfiltStages::recipe_of(const std::string& task) const {
  const bool small = is_of_drawings(load_config(o_.config).model);
  if (task == "pretrain") return small ? "small_captioner_filter" : o_.config;
  if (!small) return task;
  return task == "caption" ? "small_captioner" : "small_filter";
}

void CapfiltStages::finetune(const std::string& name, const std::string& task) const {
  TrainingOptions options;
  if (task != "pretrain") options.task = task;
  options.config = recipe_of(task);
  options.from = path_of("noisy");
  options.data = o_.clean;
  options.images = clean_images_;
  options.epochs = o_.epochs;
  if (options.config == o_.config && !options.epochs) options.epochs = kEpochsOfBoth;
  if (clean_pairs_ < load_config(options.config).batch_size) options.batch = clean_pairs_;
  train(name, options);
}

void CapfiltStages::label(const std::string& name, const std::string& captioner,
                          const std::string& filter, int64_t beams) const {
  LabelOptions options;
  options.data = o_.web;
  options.images = web_images_;
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

CapfiltStages::Selected CapfiltStages::select(const std::string& name,
                                              SelectOptions options) const {
  options.folder = path_of(options.folder);
  options.human = o_.clean;
  options.images = clean_images_;
  if (place_.empty()) {
    make_folders(path_of(name));
    options.shards = path_of(name + "/shards");
  } else {
    options.out = path_of(name);
  }
  const Selection selection = train::select(options);
  return {selection, {options.data(), place_}};
}

Json CapfiltStages::evaluate(const std::string& name) const {
  const std::string file = path_of(name + "/eval.json");
  if (is_there(file)) return Json::read(file);
  LoadedModel loaded = load_model(path_of(name));
  Json all = Json::object();
  for (const std::string& list : o_.eval) {
    const std::string split = fs::path(list).stem().string();
    info(str("evaluating ", name, " on ", split));
    const OpenedData opened = open_data(list, {.images = clean_images_});
    EvalOptions options;
    options.rerank = loaded.config.eval.rerank;
    options.caption.generate.max_length = loaded.caption_tokens();
    all.set(split, evaluate_loaded(loaded, *opened.data, options).figures);
  }
  replace_file(file, all.dump(1) + "\n");
  return all;
}

}  // namespace medley::train
