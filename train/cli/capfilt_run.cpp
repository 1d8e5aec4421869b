// medley capfilt run: the whole way, stage by stage, each of which is a command of its own.
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/list_file.h"
#include "train/data/open.h"
#include "train/eval/evaluate.h"
#include "train/io/files.h"
#include "train/loop/run_folder.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A stage was stopped by a signal: nothing follows it.
struct Stopped {};

class Way {
 public:
  explicit Way(const CapfiltRunOptions& options) : o_(options) {}

  Json go() {
    const bool own = !o_.web.empty();
    if (own) count_clean_pairs();
    make_folders(o_.out);
    keep_settings();
    if (!own) {
      make_web();
      count_clean_pairs();
    }
    const std::string noisy = o_.out + "/noisy.json";
    if (!is_there(noisy)) join({o_.web, o_.clean}, noisy);
    pretrain("noisy", noisy);
    finetune("captioner", "caption");
    finetune("filter", "retrieval");
    make_labels();
    pretrain("bootstrapped", o_.out + "/labels/bootstrapped.json");
    return figures();
  }

 private:
  void count_clean_pairs() {
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
  void keep_settings() const {
    Json set = Json::array();
    for (const std::string& assignment : o_.set) set.push(assignment);
    const auto number = [](const auto& value) { return value ? Json(*value) : Json(); };
    const Json settings = Json::object()
                              .set("config", o_.config)
                              .set("set", set)
                              .set("web", o_.web)
                              .set("clean", o_.clean)
                              .set("images", o_.images)
                              .set("count", number(o_.count))
                              .set("steps", number(o_.steps))
                              .set("epochs", number(o_.epochs))
                              .set("seed", number(o_.seed))
                              .set("threshold", o_.select.threshold)
                              .set("keep", number(o_.select.keep));
    const std::string file = o_.out + "/run.json";
    if (is_there(file))
      require_same_settings(o_.out, Json::read(file), settings);
    else
      replace_file(file, settings.dump(1) + "\n");
  }

  // Lists of other folders name the pictures too, so that they cannot be looked for beside those.
  static std::string beside(const std::string& list) {
    const std::string folder = fs::absolute(list).parent_path().string();
    return is_there(folder + "/images.tar") ? folder + "/images.tar" : folder;
  }

  void make_web() {
    const std::string folder = o_.out + "/web";
    if (!is_there(folder)) {
      info("making a small web of scenes");
      make_task(
          {.task = "web", .from = "scenes", .out = folder, .count = o_.count, .seed = o_.seed});
    }
    o_.web = folder + "/web.json";
    o_.clean = folder + "/clean.json";
    o_.images = folder + "/images.tar";
    for (const char* split : {"test_seen", "test_pair", "test_drawing"})
      o_.eval.push_back(str(folder, "/", split, ".json"));
  }

  // One list of the rows of several. Their pictures are in one place.
  void join(const std::vector<std::string>& lists, const std::string& path) const {
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
  }

  std::string run_of(const std::string& stage) const { return o_.out + "/" + stage; }

  // A run that has its figures is done; one that has begun goes on.
  void train(const std::string& stage, TrainingOptions options) const {
    const std::string run = run_of(stage);
    if (is_there(run + "/metrics.json")) return info(stage + ": done before");
    info(stage + ":");
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
    }
    if (!train_run(options)) throw Stopped();
  }

  void pretrain(const std::string& stage, const std::string& list) const {
    TrainingOptions options;
    options.config = o_.config;
    options.data = list;
    options.steps = o_.steps;
    options.set = o_.set;
    options.set.push_back("eval.splits=[]");
    train(stage, options);
  }

  void finetune(const std::string& stage, const std::string& task) const {
    TrainingOptions options;
    options.task = task;
    options.from = run_of("noisy");
    options.data = o_.clean;
    options.set = {"eval.splits=[]"};
    options.epochs = o_.epochs;
    if (clean_pairs_ < kBatch) options.batch = clean_pairs_;
    train(stage, options);
  }

  void make_labels() {
    LabelOptions label_options;
    label_options.data = o_.web;
    label_options.images = o_.images;
    label_options.captioner = run_of("captioner");
    label_options.filter = run_of("filter");
    label_options.out = run_of("labels");
    info("labels:");
    const LabelOutcome outcome = label(label_options);
    if (outcome.stopped) throw Stopped();
    SelectOptions select_options = o_.select;
    select_options.folder = label_options.out;
    select_options.human = o_.clean;
    select_options.images = o_.images;
    selection_ = select(select_options);
    info("report: " + write_selection_report(label_options.out, selection_));
  }

  // What training again is worth: the model of the noisy pairs beside that of the bootstrapped.
  Json figures() const {
    Json eval = Json::object();
    for (const char* stage : {"noisy", "bootstrapped"}) {
      LoadedModel loaded = load_model(run_of(stage));
      Json of_run = Json::object();
      for (const std::string& list : o_.eval) {
        const std::string name = fs::path(list).stem().string();
        info(str("evaluating ", stage, " on ", name));
        const OpenedData opened = open_data(list, {.images = o_.images});
        EvalOptions options;
        options.rerank = loaded.config.eval.rerank;
        options.caption.generate.max_length = loaded.caption_tokens();
        of_run.set(name, evaluate_loaded(loaded, *opened.data, options).figures);
      }
      eval.set(stage, of_run);
    }
    Json result = Json::object().set("selection", selection_.json()).set("eval", eval);
    replace_file(o_.out + "/figures.json", result.dump(1) + "\n");
    return result;
  }

  // At least as large as the batch of every recipe for small models.
  static constexpr int64_t kBatch = 64;

  CapfiltRunOptions o_;
  int64_t clean_pairs_ = 0;
  Selection selection_;
};

void print_figures(const Json& result) {
  std::vector<std::vector<std::string>> rows{
      {"", "trained on", "finds the caption", "finds the picture", "writes the caption"}};
  const auto part = [](const Json& eval, const char* group, const char* key) {
    const Json* figures = eval.find(group);
    return figures ? fixed(figures->at(key).number(), 3) : "";
  };
  const Json& all = result.at("eval");
  for (const auto& [name, unused] : all.at("noisy").members())
    for (const char* stage : {"noisy", "bootstrapped"}) {
      const Json& eval = all.at(stage).at(name);
      rows.push_back({name, stage, part(eval, "i2t_itm", "r1"), part(eval, "t2i_itm", "r1"),
                      part(eval, "captions", "exact")});
    }
  print_table(rows);
}

}  // namespace

int capfilt_run(const CapfiltRunOptions& options) {
  try {
    const Json result = Way(options).go();
    if (options.json) {
      print_json(result);
      return 0;
    }
    print_figures(result);
    print(str("figures: ", options.out, "/figures.json, the data: ", options.out,
              "/labels/bootstrapped.json"));
    return 0;
  } catch (const Stopped&) {
    info("stopped; everything is saved, and the same command goes on");
    return kExitStopped;
  }
}

}  // namespace medley::train
