// Runs the model on a few pictures of each test split for the report.
#include "train/report/collect.h"

#include <algorithm>

#include "autograd/tape.h"
#include "core/str.h"
#include "train/eval/captioning.h"
#include "train/eval/retrieval.h"
#include "train/io/files.h"
#include "train/loop/data_source.h"
#include "train/loop/metrics.h"
#include "train/loop/state.h"
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

// The first samples of a data set.
class FirstOf : public Dataset {
 public:
  FirstOf(const Dataset& data, int64_t count) : data_(data), size_(std::min(count, data.size())) {}
  int64_t size() const override { return size_; }
  Row row(int64_t index) const override { return data_.row(index); }
  int64_t pictures() const override { return data_.pictures(); }
  std::shared_ptr<const Image> picture(int64_t number) const override {
    return data_.picture(number);
  }
  std::string picture_name(int64_t number) const override { return data_.picture_name(number); }

 private:
  const Dataset& data_;
  int64_t size_;
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
    std::unique_ptr<Dataset> all = open_split(loaded_.config, split);
    FirstOf data(*all, kGallery);
    EncodedSplit encoded = encode_split(*loaded_.model, data, loaded_.config.eval.batch_size);
    if (what_.captions) add_captions(split, data, encoded);
    if (what_.retrieval) add_searches(split, data, encoded);
  }

 private:
  void add_captions(const std::string& split, const Dataset& data, const EncodedSplit& encoded) {
    const models::Tokenizer& tokenizer = loaded_.tokenizer;
    int64_t attended = 0;
    for (int64_t i : spread(data.size(), kCards)) {
      Tensor tokens = encoded.image_tokens.slice(0, i, i + 1);
      std::vector<int32_t> ids = caption_tokens(*loaded_.model, tokens)[0];
      CaptionedPicture picture;
      picture.image = *data.picture(data.row(i).pictures[0]);
      picture.split = split;
      picture.said = tokenizer.decode(ids);
      picture.truth = encoded.captions[static_cast<size_t>(i)];
      for (const std::string& name : encoded.names[static_cast<size_t>(i)])
        picture.right |= plain(tokenizer, name) == picture.said;
      picture.side = loaded_.config.model.image_size / loaded_.config.model.patch_size;
      if (!ids.empty() && attended++ < kAttended)
        picture.words =
            attended_words(tokenizer, ids, loaded_.model->caption_attention(tokens, ids));
      report_.pictures.push_back(std::move(picture));
    }
  }

  void add_searches(const std::string& split, const Dataset& data, const EncodedSplit& encoded) {
    RetrievalRankings rankings =
        rank_split(*loaded_.model, loaded_.tokenizer, encoded, loaded_.config.eval.rerank);
    const Rankings& best = rankings.itm ? *rankings.itm : rankings.itc;
    for (int64_t t : spread(static_cast<int64_t>(encoded.texts.size()), kQueries)) {
      SearchResult search{encoded.texts[static_cast<size_t>(t)], split, {}};
      for (int64_t i : best.images_of_text[static_cast<size_t>(t)]) {
        if (search.found.size() == kFound) break;
        auto at = static_cast<size_t>(i);
        search.found.push_back({*data.picture(data.row(i).pictures[0]), encoded.captions[at],
                                encoded.names[at].contains(search.query)});
      }
      report_.searches.push_back(std::move(search));
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
  std::string parameters =
      fixed(static_cast<double>(parameter_count(loaded.model->weights())) / 1e6, 2) +
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

std::vector<AttendedWord> attended_words(const models::Tokenizer& tokenizer,
                                         const std::vector<int32_t>& caption,
                                         const Tensor& attention) {
  std::vector<double> values = attention.to(DType::f64).to_vector<double>();
  auto patches = static_cast<size_t>(attention.size(1)) - 1;
  std::vector<AttendedWord> words;
  float pieces = 0;
  for (size_t i = 0; i < caption.size(); ++i) {
    std::string piece = tokenizer.vocabulary()[static_cast<size_t>(caption[i])];
    bool goes_on = piece.starts_with("##") && !words.empty();
    if (!goes_on) {
      words.push_back({"", std::vector<float>(patches)});
      pieces = 0;
    }
    AttendedWord& word = words.back();
    word.word += goes_on ? piece.substr(2) : piece;
    for (size_t p = 0; p < patches; ++p) {
      auto value = static_cast<float>(values[i * (patches + 1) + 1 + p]);
      word.heat[p] = (word.heat[p] * pieces + value) / (pieces + 1);
    }
    ++pieces;
  }
  return words;
}

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
