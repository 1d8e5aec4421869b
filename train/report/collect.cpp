// Runs the model on a few pictures of each test split for the report.
#include "train/report/collect.h"

#include <algorithm>
#include <numeric>

#include "autograd/tape.h"
#include "core/str.h"
#include "train/eval/encoded.h"
#include "train/eval/evaluate.h"
#include "train/eval/retrieval.h"
#include "train/io/files.h"
#include "train/loop/data_source.h"
#include "train/loop/metrics.h"
#include "train/loop/state.h"
#include "train/metrics/vqa.h"
#include "train/report/finish.h"
#include "train/report/html.h"
#include "train/report/machine.h"

namespace medley::train {
namespace {

constexpr int64_t kGallery = 200;  // pictures of a split that are looked at
constexpr int64_t kCards = 12;     // pictures of a split with captions,
constexpr int64_t kAttended = 4;   // of these with attention
constexpr int64_t kQueries = 3;    // searches of a split
constexpr size_t kFound = 8;       // pictures of a search
constexpr int64_t kSplits = 4;

// Some rows of a data set.
class SomeRows : public Dataset {
 public:
  SomeRows(const Dataset& data, std::vector<int64_t> rows) : data_(data), rows_(std::move(rows)) {}
  RowKind kind() const override { return data_.kind(); }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  Row row(int64_t index) const override { return data_.row(rows_[static_cast<size_t>(index)]); }
  int64_t pictures() const override { return data_.pictures(); }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    return data_.picture(number);
  }
  std::string picture_name(int64_t number) const override { return data_.picture_name(number); }

 private:
  const Dataset& data_;
  std::vector<int64_t> rows_;
};

// `count` of 0 .. size - 1, evenly spread.
std::vector<int64_t> spread(int64_t size, int64_t count) {
  std::vector<int64_t> chosen;
  count = std::min(count, size);
  for (int64_t i = 0; i < count; ++i) chosen.push_back((2 * i + 1) * size / (2 * count));
  return chosen;
}

class Collector {
 public:
  Collector(LoadedModel& loaded, const models::Evaluation& what, ReportData& report)
      : loaded_(loaded), what_(what), report_(report) {}

  void add(const std::string& split) {
    const std::unique_ptr<Dataset> data = open_split(loaded_.config, split).data;
    if (data->kind() == RowKind::questions)
      add_questions(split, SomeRows(*data, spread(data->size(), kCards)));
    else if (data->kind() == RowKind::comparisons)
      add_sentences(split, SomeRows(*data, spread(data->size(), kCards)));
    else
      add_pictures(split, *data);
  }

 private:
  void add_pictures(const std::string& split, const Dataset& all) {
    std::vector<int64_t> first(static_cast<size_t>(std::min(kGallery, all.size())));
    std::iota(first.begin(), first.end(), 0);
    const SomeRows data(all, first);
    const CaptionedSplit gallery = by_picture(data);
    std::vector<std::vector<int64_t>> pictures;
    for (const CaptionedItem& item : gallery.items) pictures.push_back(item.pictures);
    EncodedItems encoded(*loaded_.model, static_cast<int64_t>(pictures.size()), 1);
    for_each_encoded(
        *loaded_.model, data, pictures, loaded_.config.eval.batch_size,
        [&](int64_t begin, const Tensor& tokens) { encoded.keep(*loaded_.model, begin, tokens); });
    if (what_.captions) add_captions(split, data, gallery, encoded);
    if (what_.retrieval) add_searches(split, data, gallery, encoded);
  }

  void add_captions(const std::string& split, const Dataset& data, const CaptionedSplit& gallery,
                    const EncodedItems& encoded) {
    const models::Tokenizer& tokenizer = loaded_.tokenizer;
    int64_t attended = 0;
    for (int64_t i : spread(static_cast<int64_t>(gallery.items.size()), kCards)) {
      const CaptionedItem& item = gallery.items[static_cast<size_t>(i)];
      const Tensor tokens = encoded.tokens.slice(0, i, i + 1);
      const std::vector<int32_t> ids =
          caption_tokens(*loaded_.model, tokenizer, tokens, {.prompt = loaded_.config.prompt})[0];
      CaptionedPicture picture;
      picture.image = *data.picture(item.pictures[0]);
      picture.split = split;
      picture.said = tokenizer.decode(ids);
      picture.truth = models::clean_caption(item.captions[0]);
      for (const std::string& right : item.right)
        picture.right |= plain(tokenizer, right) == plain(tokenizer, picture.said);
      picture.side = loaded_.config.model.image_size / loaded_.config.model.patch_size;
      if (!ids.empty() && attended++ < kAttended)
        picture.words =
            attended_words(*loaded_.model, tokenizer, tokens, loaded_.config.prompt, ids);
      report_.pictures.push_back(std::move(picture));
    }
  }

  void add_searches(const std::string& split, const Dataset& data, const CaptionedSplit& gallery,
                    const EncodedItems& encoded) {
    const RetrievalRankings rankings = rank(*loaded_.model, loaded_.tokenizer, encoded,
                                            gallery.texts, {loaded_.config.eval.rerank});
    const Rankings& best = rankings.itm ? *rankings.itm : rankings.itc;
    for (int64_t t : spread(static_cast<int64_t>(gallery.texts.size()), kQueries)) {
      SearchResult search{gallery.texts[static_cast<size_t>(t)], split, {}};
      for (int64_t i : best.images_of_text[static_cast<size_t>(t)]) {
        if (search.found.size() == kFound) break;
        const CaptionedItem& item = gallery.items[static_cast<size_t>(i)];
        search.found.push_back({*data.picture(item.pictures[0]),
                                models::clean_caption(item.captions[0]), gallery.is_right(i, t)});
      }
      report_.searches.push_back(std::move(search));
    }
  }

  void add_questions(const std::string& split, const SomeRows& data) {
    const Json said =
        evaluate_questions(*loaded_.vqa, loaded_.tokenizer, data, {.intervals = false}).said;
    for (int64_t r = 0; r < data.size(); ++r) {
      const Row row = data.row(r);
      AnsweredQuestion answered{.image = *data.picture(row.pictures.at(0)),
                                .split = split,
                                .question = row.text,
                                .said = said.items()[static_cast<size_t>(r)].at("answer").text()};
      for (const Answer& answer : row.answers) {
        answered.truth.push_back(answer.text);
        answered.right |= vqa_normalised(answer.text) == vqa_normalised(answered.said);
      }
      report_.questions.push_back(std::move(answered));
    }
  }

  void add_sentences(const std::string& split, const SomeRows& data) {
    const Json said =
        evaluate_comparisons(*loaded_.nlvr, loaded_.tokenizer, data, {.intervals = false}).said;
    for (int64_t r = 0; r < data.size(); ++r) {
      const Row row = data.row(r);
      report_.sentences.push_back(
          {*data.picture(row.pictures.at(0)), *data.picture(row.pictures.at(1)), split, row.text,
           said.items()[static_cast<size_t>(r)].at("said").boolean(), row.truth});
    }
  }

  LoadedModel& loaded_;
  models::Evaluation what_;
  ReportData& report_;
};

double figure(const Json& summary, const char* group, const char* key) {
  const Json* found = summary.find(group);
  const Json* value = found ? found->find(key) : nullptr;
  return value && value->is_number() ? value->number() : 0;
}

void add_facts(ReportData& report, LoadedModel& loaded, const Json& summary) {
  const TrainConfig& config = loaded.config;
  auto steps = static_cast<int64_t>(figure(summary, "train", "steps"));
  double seconds = figure(summary, "train", "seconds");
  std::string parameters = fixed(static_cast<double>(parameter_count(loaded.weights())) / 1e6, 2) +
                           " million parameters";
  report.summary = str("A BLIP of ", parameters, ", trained from nothing");
  if (steps > 0)
    report.summary += str(" in ", duration(seconds), ": ", with_commas(steps), " steps, ",
                          with_commas(steps * config.pictures_per_step()), " pictures seen");
  if (config.objective == "pretrain")
    report.summary +=
        ". It tells which caption belongs to which picture, and writes captions itself.";
  auto fact = [&](const char* name, const std::string& value) {
    report.facts.emplace_back(name, value);
  };
  fact("preset", config.preset);
  fact("seed", std::to_string(config.seed));
  fact("size", parameters + ", vocabulary " + std::to_string(loaded.tokenizer.size()));
  fact("checkpoint", loaded.source);
  if (steps > 0) {
    fact("training", str(with_commas(steps), " steps of ", config.pictures_per_step(),
                         " pictures in ", duration(seconds)));
    fact("speed", fixed(figure(summary, "train", "images_per_second"), 0) + " images/s");
    fact("peak memory", fixed(figure(summary, "train", "peak_rss_mb"), 0) + " MB");
  }
  if (const Json* machine = summary.find("machine"))
    for (const auto& [name, value] : machine->members()) fact(name.c_str(), value.text());
}

}  // namespace

ReportData collect_report(const RunFolder& run, LoadedModel& loaded, const Json& summary) {
  autograd::NoGrad no_grad;
  const TrainConfig& config = loaded.config;
  ReportData report;
  report.title = config.preset;
  report.metrics = read_metrics(run.metrics());
  const std::unique_ptr<models::Objective> objective =
      new_objective(config, loaded.tokenizer, {Device::Meta});
  report.losses = objective->losses_of(config.batch_size);
  if (const Json* eval = summary.find("eval")) report.eval = *eval;
  report.config = print_config(config);
  add_facts(report, loaded, summary);
  Collector collector(loaded, objective->evaluation(), report);
  int64_t splits = 0;
  for (const std::string& split : config.eval.splits) {
    bool only_val = config.eval.splits.size() == 1;  // else the test splits say more
    if ((split != "val" || only_val) && splits++ < kSplits) collector.add(split);
  }
  return report;
}

}  // namespace medley::train
