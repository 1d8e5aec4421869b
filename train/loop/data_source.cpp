// Opens data sets by configuration and trains the vocabulary.
#include "train/loop/data_source.h"

#include <algorithm>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "train/data/open.h"

namespace medley::train {
namespace {

constexpr uint64_t kEvalSeed = 1;
// Captions beyond these add next to nothing to a vocabulary.
constexpr int64_t kVocabularyCaptions = 40'000;

const std::vector<std::string> kSceneSplits = {"train", "val", "test_seen", "test_pair",
                                               "test_drawing"};

std::unique_ptr<Dataset> open_json(const TrainConfig& config, const std::string& list) {
  std::string folder = data_folder(config);
  return open_data(folder + "/" + list, {.images = folder + "/" + config.data.images}).data;
}

}  // namespace

std::unique_ptr<Dataset> open_training_set(const TrainConfig& config) {
  if (config.data.kind == "json") return open_json(config, config.data.train_json);
  return open_scenes(data_folder(config), "train", config.data.scenes, config.model.image_size,
                     static_cast<uint64_t>(config.seed), config.jitter);
}

std::unique_ptr<Dataset> open_split(const TrainConfig& config, const std::string& split) {
  if (config.data.kind == "json") return open_json(config, split + ".json");
  if (std::find(kSceneSplits.begin(), kSceneSplits.end(), split) == kSceneSplits.end())
    throw ConfigError(str("scenes have no split '", split, "'", did_you_mean(split, kSceneSplits)),
                      "the splits are val, test_seen, test_pair and test_drawing");
  return open_scenes(data_folder(config), split, config.eval.scenes, config.model.image_size,
                     kEvalSeed);
}

models::Tokenizer make_tokenizer(const TrainConfig& config, const Dataset& training_set) {
  if (!config.data.vocabulary.empty()) return models::Tokenizer::read(config.data.vocabulary);
  std::vector<std::string> texts;
  int64_t count = std::min(training_set.size(), kVocabularyCaptions);
  for (int64_t i = 0; i < count; ++i)
    texts.push_back(models::clean_caption(training_set.row(i).text));
  return models::Tokenizer(models::train_vocabulary(texts, config.model.vocab_size));
}

}  // namespace medley::train
