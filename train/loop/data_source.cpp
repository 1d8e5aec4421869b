// Opens data sets by configuration and trains the vocabulary.
#include "train/loop/data_source.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/data/hold_out.h"
#include "train/data/open.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kEvalSeed = 1;
constexpr const char* kHeldOut = "5%";
// Captions beyond these add next to nothing to a vocabulary.
constexpr int64_t kVocabularyCaptions = 40'000;
constexpr double kManyUnknown = 0.05;

NamedData scenes(const TrainConfig& config, const std::string& split) {
  const bool train = split == "train";
  const int64_t count = train ? config.data.scenes : config.eval.scenes;
  const uint64_t seed = train ? static_cast<uint64_t>(config.seed) : kEvalSeed;
  return {split, str("scenes: ", with_commas(count), " composed pictures"),
          open_scenes(require_default_data(), split, count, config.model.image_size, seed,
                      train ? config.jitter : SceneJitter())};
}

NamedData files(const TrainConfig& config, const std::string& split, const std::string& path) {
  const DataConfig& data = config.data;
  OpenedData opened = open_data(path, {.images = data.images,
                                       .columns = {.image = data.image_column,
                                                   .caption = data.text_column,
                                                   .question = data.text_column,
                                                   .answer = data.answer_column},
                                       .keep_missing = data.max_bad > 0,
                                       .pictures = {.upright = data.exif == "apply",
                                                    .scale_grey16 = data.grey16 == "scale",
                                                    .strict = data.strict}});
  std::string summary = opened.summary();
  return {split, std::move(summary), std::move(opened.data)};
}

// The list that training reads: train.json of a folder that has one.
std::string training_path(const TrainConfig& config) {
  const std::string path = config.data.path.empty() ? require_default_data() : config.data.path;
  std::error_code error;
  return fs::exists(path + "/train.json", error) ? path + "/train.json" : path;
}

// The list of a split other than train; "": it is a part of the training data.
std::string split_path(const TrainConfig& config, const std::string& split) {
  if (split == "val" && !config.data.val.empty())
    return parse_part(config.data.val) ? "" : config.data.val;
  fs::path folder = training_path(config);
  if (!fs::is_directory(folder)) folder = folder.parent_path();
  const std::string beside = (folder / (split + ".json")).string();
  if (fs::exists(beside)) return beside;
  if (split == "val") return "";
  throw ConfigError(str("there is no split '", split, "': ", beside, " is not there"),
                    "eval.splits names them; without a list of its own only val can be held out");
}

bool is_split_by_part(const TrainConfig& config) {
  const std::vector<std::string>& splits = config.eval.splits;
  return std::find(splits.begin(), splits.end(), "val") != splits.end() &&
         split_path(config, "val").empty();
}

// One of the two parts of the training data.
NamedData part_of(const TrainConfig& config, const std::string& split) {
  const std::string part = config.data.val.empty() ? kHeldOut : config.data.val;
  NamedData all = files(config, "train", training_path(config));
  HeldOut parts = hold_out(std::move(all.data), *parse_part(part), kEvalSeed);
  const bool train = split == "train";
  std::unique_ptr<Dataset>& data = train ? parts.training : parts.held_out;
  std::string summary = str(with_commas(data->size()), " rows of ", with_commas(data->pictures()),
                            train ? " pictures; the rest is held out" : " pictures held out");
  return {split, train ? all.summary + ": " + summary : summary, std::move(data)};
}

RowKind rows_of(const std::string& objective) {
  if (objective == "vqa") return RowKind::questions;
  return objective == "nlvr" ? RowKind::comparisons : RowKind::captions;
}

const char* name_of(RowKind kind) {
  switch (kind) {
    case RowKind::captions:
      return "pictures with captions";
    case RowKind::questions:
      return "questions with answers";
    case RowKind::comparisons:
      break;
  }
  return "sentences about two pictures";
}

NamedData checked(NamedData opened, const TrainConfig& config) {
  const RowKind wanted = rows_of(config.objective), there = opened.data->kind();
  if (wanted != there)
    throw ConfigError(str("split ", opened.name, " has ", name_of(there), " but ", config.objective,
                          " needs ", name_of(wanted)),
                      "`medley data check` says what a data set is; docs/data.md has the forms");
  return opened;
}

std::vector<std::string> texts_of(const Dataset& training_set) {
  std::vector<std::string> texts;
  const int64_t count = std::min(training_set.size(), kVocabularyCaptions);
  for (int64_t i = 0; i < count; ++i) {
    const Row row = training_set.row(i);
    texts.push_back(models::clean_caption(row.text));
    for (const Answer& answer : row.answers) texts.push_back(models::clean_caption(answer.text));
  }
  return texts;
}

}  // namespace

NamedData open_training_set(const TrainConfig& config) {
  if (config.data.kind == "scenes") return checked(scenes(config, "train"), config);
  if (is_split_by_part(config)) return checked(part_of(config, "train"), config);
  return checked(files(config, "train", training_path(config)), config);
}

NamedData open_split(const TrainConfig& config, const std::string& split) {
  if (config.data.kind == "scenes") return checked(scenes(config, split), config);
  const std::string path = split_path(config, split);
  return checked(path.empty() ? part_of(config, split) : files(config, split, path), config);
}

TrainingData open_training_data(const TrainConfig& config) {
  TrainingData data{open_training_set(config), {}};
  for (const std::string& split : config.eval.splits)
    data.splits.push_back(open_split(config, split));
  return data;
}

models::Tokenizer make_tokenizer(const TrainConfig& config, const Dataset& training_set) {
  if (!config.data.vocabulary.empty()) return models::Tokenizer::read(config.data.vocabulary);
  return models::Tokenizer(
      models::train_vocabulary(texts_of(training_set), config.model.vocab_size));
}

models::Tokenizer extend_tokenizer(const models::Tokenizer& tokenizer, const TrainConfig& config,
                                   const Dataset& training_set) {
  if (config.finetune.new_words == 0) return tokenizer;
  std::map<std::string, int64_t> counts;
  for (const std::string& text : texts_of(training_set))
    for (const std::string& word : models::split_words(text)) ++counts[word];
  std::vector<std::pair<int64_t, std::string>> words;  // the most frequent first
  for (const auto& [word, count] : counts) {
    const std::vector<int32_t> pieces = tokenizer.encode(word);
    if (pieces.size() > 1 || pieces[0] == tokenizer.unk()) words.push_back({-count, word});
  }
  std::sort(words.begin(), words.end());
  std::vector<std::string> pieces = tokenizer.vocabulary();
  for (size_t i = 0; i < words.size() && static_cast<int64_t>(i) < config.finetune.new_words; ++i)
    pieces.push_back(words[i].second);
  return models::Tokenizer(std::move(pieces));
}

void warn_of_unknown_words(const models::Tokenizer& tokenizer, const Dataset& training_set) {
  int64_t unknown = 0, all = 0;
  for (const std::string& text : texts_of(training_set))
    for (const int32_t piece : tokenizer.encode(text)) {
      ++all;
      unknown += piece == tokenizer.unk();
    }
  const double share =
      static_cast<double>(unknown) / static_cast<double>(std::max<int64_t>(all, 1));
  if (share > kManyUnknown)
    warn(str(fixed(100 * share, 1), " % of the pieces of the texts are unknown to the vocabulary (",
             with_commas(unknown), " of ", with_commas(all),
             "): finetune.new_words = 200 adds the most frequent words that it lacks"));
}

}  // namespace medley::train
