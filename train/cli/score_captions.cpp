// medley score captions: captions against references, as the COCO caption evaluation counts.
#include <cstdio>
#include <map>
#include <string_view>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/metrics/captions.h"
#include "train/metrics/ptb.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

// An entry of one of the two files, for messages.
class Entry {
 public:
  Entry(const std::string& path, const char* list, size_t index, const Json& json)
      : place_(str(path, ", ", list, " ", index)), json_(json) {
    if (!json.is_object()) throw DataError(place_ + " is no object", kForm);
  }

  // Numbers and texts are both in use.
  std::string image() const {
    const Json& id = field("image_id");
    if (!id.is_string() && !id.is_number())
      throw DataError(place_ + ": 'image_id' is neither a number nor a text", kForm);
    return id.is_string() ? id.text() : id.dump();
  }
  const std::string& caption() const {
    const Json& caption = field("caption");
    if (!caption.is_string()) throw DataError(place_ + ": 'caption' is not a text", kForm);
    return caption.text();
  }
  const std::string& place() const { return place_; }

 private:
  static constexpr const char* kForm =
      "an entry is {\"image_id\": 42, \"caption\": \"some words\"}";

  const Json& field(const char* name) const {
    const Json* value = json_.find(name);
    if (!value) throw DataError(place_ + ": '" + name + "' is missing", kForm);
    return *value;
  }

  std::string place_;
  const Json& json_;
};

// References of each image.
std::map<std::string, std::vector<std::string>> read_references(const std::string& path) {
  const Json file = Json::read(path);
  const Json* list = file.find("annotations");
  if (!list || !list->is_array())
    throw DataError(path + " has no list 'annotations'",
                    "references have COCO's form: {\"annotations\": [{\"image_id\": 42, "
                    "\"caption\": \"some words\"}, ...]}");
  std::map<std::string, std::vector<std::string>> references;
  for (size_t i = 0; i < list->items().size(); ++i) {
    const Entry entry(path, "annotation", i, list->items()[i]);
    references[entry.image()].push_back(ptb_tokens(entry.caption()));
  }
  return references;
}

std::vector<ScoredText> read_corpus(const std::string& predictions, const std::string& path) {
  const std::map<std::string, std::vector<std::string>> references = read_references(path);
  const Json list = Json::read(predictions);
  if (!list.is_array())
    throw DataError(
        predictions + " is not a list",
        "predictions have COCO's form: [{\"image_id\": 42, \"caption\": \"...\"}, ...]");
  std::vector<ScoredText> corpus;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < list.items().size(); ++i) {
    const Entry entry(predictions, "entry", i, list.items()[i]);
    const std::string image = entry.image();
    if (const auto [first, is_new] = seen.emplace(image, i); !is_new)
      throw DataError(
          str(entry.place(), ": image ", image, " has a caption already, in entry ", first->second),
          "give one caption an image");
    const auto found = references.find(image);
    if (found == references.end())
      throw DataError(
          str(entry.place(), ": there is no reference for image ", image, " in ", path));
    corpus.push_back({ptb_tokens(entry.caption()), found->second});
  }
  if (corpus.empty()) throw DataError(predictions + " holds no captions");
  if (corpus.size() < references.size())
    std::fprintf(stderr, "%zu of %zu images have no caption and are left out\n",
                 references.size() - corpus.size(), references.size());
  return corpus;
}

}  // namespace

int score_captions(const ScoreOptions& options) {
  const std::vector<ScoredText> corpus = read_corpus(options.predictions, options.references);
  const CaptionMetrics metrics = caption_metrics(corpus);
  // pycocoevalcap's CIDEr is the form that its authors call CIDEr-D.
  const std::vector<std::pair<const char*, double>> figures = {
      {"Bleu_1", metrics.bleu[0]}, {"Bleu_2", metrics.bleu[1]},  {"Bleu_3", metrics.bleu[2]},
      {"Bleu_4", metrics.bleu[3]}, {"ROUGE_L", metrics.rouge_l}, {"CIDEr", metrics.cider},
      {"CIDEr-D", metrics.cider}};
  Json document = Json::object();
  std::vector<std::vector<std::string>> rows{{"metric", "value"}};
  for (const auto& [name, value] : figures) {
    document.set(name, value);
    const bool undefined = corpus.size() == 1 && std::string_view(name).starts_with("CIDEr");
    rows.push_back({name, fixed(value, 4) + (undefined ? str("  (", kCiderOfOne, ")") : "")});
  }
  document.set("images", static_cast<int64_t>(corpus.size()));
  if (options.json)
    print_json(document);
  else
    print_table(rows);
  return 0;
}

}  // namespace medley::train
