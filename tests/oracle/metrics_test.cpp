// Figures of evaluations: captions as pycocoevalcap, retrieval as the original's itm_eval, answers
// as the official VQA evaluation (hf/metrics).
#include <cmath>

#include "tests/catch.h"
#include "tests/oracle/oracle.h"
#include "train/metrics/captions.h"
#include "train/metrics/ptb.h"
#include "train/metrics/recall.h"
#include "train/metrics/vqa.h"

namespace medley::oracle {
namespace {

using train::ScoredText;

void check_near(const char* what, double value, const Json& expected) {
  INFO(what);
  const double right = expected.get<double>();
  CHECK(std::abs(value - right) <= 1e-9 * std::max(1.0, std::abs(right)));
}

void check_items(const char* what, const std::vector<double>& values, const Json& expected) {
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i) check_near(what, values[i], expected[i]);
}

void check_scores(const std::vector<ScoredText>& corpus, const Json& expected) {
  const train::CaptionMetrics m = train::caption_metrics(corpus);
  const Json& items = expected.at("per_item");
  for (size_t n = 0; n < m.bleu.size(); ++n) {
    check_near("BLEU", m.bleu[n], expected.at("BLEU")[n]);
    std::vector<double> values;
    for (const train::BleuScores& bleu : m.items.bleu) values.push_back(bleu[n]);
    check_items("BLEU of an item", values, items.at("BLEU")[n]);
  }
  check_near("ROUGE-L", m.rouge_l, expected.at("ROUGE_L"));
  check_near("CIDEr", m.cider, expected.at("CIDEr"));
  check_items("ROUGE-L of an item", m.items.rouge_l, items.at("ROUGE_L"));
  check_items("CIDEr of an item", m.items.cider, items.at("CIDEr"));
}

}  // namespace

TEST_CASE("metrics: BLEU, ROUGE-L and CIDEr of split captions") {
  const Json file = read_json("hf/metrics/captions.json");
  std::vector<ScoredText> corpus;
  for (const Json& row : file.at("rows"))
    corpus.push_back({row.at("prediction"), row.at("references")});
  check_scores(corpus, file.at("scores"));
  for (const Json& corner : file.at("corner_cases")) {
    INFO(corner.at("name").get<std::string>());
    std::vector<ScoredText> few;
    for (size_t i = 0; i < corner.at("predictions").size(); ++i)
      few.push_back({corner.at("predictions")[i], corner.at("references")[i]});
    check_scores(few, corner.at("scores"));
  }
}

TEST_CASE("metrics: raw captions through the PTB tokenizer") {
  const Json file = read_json("hf/metrics/captions.json").at("through_ptb");
  std::vector<ScoredText> corpus;
  for (size_t i = 0; i < file.at("rows").size(); ++i) {
    const Json& row = file.at("rows")[i];
    ScoredText text{train::ptb_tokens(row.at("prediction").get<std::string>()), {}};
    CHECK(text.said == file.at("tokenized_predictions")[i]);
    for (const Json& reference : row.at("references"))
      text.references.push_back(train::ptb_tokens(reference.get<std::string>()));
    CHECK(text.references == file.at("tokenized_references")[i].get<std::vector<std::string>>());
    corpus.push_back(std::move(text));
  }
  check_scores(corpus, file.at("scores"));
}

TEST_CASE("metrics: tokens of the PTB tokenizer") {
  for (const Json& line : read_lines("hf/metrics/ptb.jsonl")) {
    const std::string text = line.at("text");
    CAPTURE(text);
    CHECK(train::ptb_tokens(text) == line.at("tokens").get<std::string>());
  }
}

TEST_CASE("metrics: retrieval recall is itm_eval's") {
  const Tensors scores("hf/metrics/retrieval.safetensors");
  const Json cases = read_json("hf/metrics/retrieval.json");
  REQUIRE(!cases.empty());
  for (const Json& each : cases) {
    const std::string name = std::to_string(each.at("case").get<int64_t>());
    CAPTURE(name);
    const auto owner = each.at("image_of_text").get<std::vector<int64_t>>();
    const auto floats = [&](const std::string& direction) {
      const std::vector<double> wide = scores.values(name + ".scores_" + direction);
      return std::vector<float>(wide.begin(), wide.end());
    };
    const train::RetrievalPercent r =
        train::retrieval_percent(floats("i2t"), floats("t2i"), each.at("images"), owner);
    const Json& result = each.at("result");
    check_near("txt_r1", r.text.r1, result.at("txt_r1"));
    check_near("txt_r5", r.text.r5, result.at("txt_r5"));
    check_near("txt_r10", r.text.r10, result.at("txt_r10"));
    check_near("txt_r_mean", r.text.mean, result.at("txt_r_mean"));
    check_near("img_r1", r.image.r1, result.at("img_r1"));
    check_near("img_r5", r.image.r5, result.at("img_r5"));
    check_near("img_r10", r.image.r10, result.at("img_r10"));
    check_near("img_r_mean", r.image.mean, result.at("img_r_mean"));
    check_near("r_mean", r.mean, result.at("r_mean"));
  }
}

TEST_CASE("metrics: VQA answers are normalised and scored as officially") {
  const Json file = read_json("hf/metrics/vqa.json");
  for (const Json& each : file.at("normalisation")) {
    const std::string answer = each.at("answer");
    CAPTURE(answer);
    CHECK(train::vqa_punctuation(train::vqa_trimmed(answer)) ==
          each.at("after_punctuation").get<std::string>());
    CHECK(train::vqa_normalised(answer) == each.at("normalised").get<std::string>());
  }
  double sum = 0;
  for (const Json& each : file.at("accuracy")) {
    CAPTURE(each.at("id").get<int64_t>());
    const double percent =
        100 * train::vqa_accuracy(each.at("prediction").get<std::string>(),
                                  each.at("humans").get<std::vector<std::string>>());
    CHECK(std::abs(percent - each.at("accuracy_percent").get<double>()) < 1e-9);
    sum += percent;
  }
  check_near("overall", sum / static_cast<double>(file.at("accuracy").size()),
             file.at("overall_percent"));
}

}  // namespace medley::oracle
