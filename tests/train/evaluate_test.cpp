// Evaluation of a model that knows nothing: what is checked is who is asked, and in which order.
#include "train/eval/evaluate.h"

#include "autograd/tape.h"
#include "tests/catch.h"
#include "tests/train/tiny_run.h"
#include "train/eval/captioning.h"
#include "train/eval/retrieval.h"
#include "train/loop/data_source.h"

namespace medley::train {
namespace {

struct Setup {
  TrainConfig config = tiny_config();
  std::unique_ptr<Dataset> training = open_training_set(config);
  std::unique_ptr<Dataset> data = open_split(config, "test_seen");
  TrainingState state{config, make_tokenizer(config, *training)};
  EncodedSplit split = encode_split(contrastive(state).blip(), *data, 3);
};

TEST_CASE("evaluate: a split is encoded in order, whatever the batch") {
  Setup s;
  CHECK(s.split.captions.size() == 8);
  CHECK(std::is_sorted(s.split.texts.begin(), s.split.texts.end()));
  EncodedSplit whole = encode_split(contrastive(s.state).blip(), *s.data, 100);
  CHECK(whole.image_tokens.to_vector<float>() == s.split.image_tokens.to_vector<float>());
  for (int64_t i = 0; i < 8; ++i)
    CHECK(s.split.captions[static_cast<size_t>(i)] == models::clean_caption(s.data->row(i).text));
}

TEST_CASE("evaluate: rankings follow the cosine, and re-ranking the match logit plus cosine") {
  Setup s;
  autograd::NoGrad no_grad;
  models::Blip& model = contrastive(s.state).blip();
  RetrievalRankings rankings = rank_split(model, s.state.tokenizer, s.split, 3);
  REQUIRE(rankings.itm);
  std::vector<float> image = model.image_features(s.split.image_tokens).to_vector<float>();
  auto width = static_cast<size_t>(model.model().embed_dim);
  size_t texts = s.split.texts.size();
  std::vector<std::vector<float>> cosine(8, std::vector<float>(texts));
  std::vector<models::PackedText> packed;
  for (size_t t = 0; t < texts; ++t) {
    packed.push_back(models::pack(
        {s.state.tokenizer.encode_caption(s.split.texts[t], model.model().max_tokens)}));
    std::vector<float> text = model.text_features(packed[t]).to_vector<float>();
    for (size_t i = 0; i < 8; ++i)
      for (size_t e = 0; e < width; ++e) cosine[i][t] += image[i * width + e] * text[e];
  }
  for (size_t i = 0; i < 8; ++i) {
    const std::vector<int64_t>& itc = rankings.itc.texts_of_image[i];
    CHECK(itc.size() == std::min<size_t>(5, texts));
    for (size_t k = 1; k < itc.size(); ++k)
      CHECK(cosine[i][static_cast<size_t>(itc[k - 1])] >=
            cosine[i][static_cast<size_t>(itc[k])] - 1e-5f);
    const std::vector<int64_t>& itm = rankings.itm->texts_of_image[i];
    std::vector<int64_t> first(itc.begin(), itc.begin() + 3), reranked = itm;
    std::sort(first.begin(), first.end());
    std::sort(reranked.begin(), reranked.end());
    CHECK(first == reranked);
    std::vector<float> scores;
    for (int64_t t : itm) {
      Tensor tokens =
          s.split.image_tokens.slice(0, static_cast<int64_t>(i), static_cast<int64_t>(i) + 1);
      Tensor logits = model.match(tokens, packed[static_cast<size_t>(t)],
                                  Tensor::from(std::vector<int32_t>{0}, {1}));
      scores.push_back(logits.to_vector<float>()[1] + cosine[i][static_cast<size_t>(t)]);
    }
    for (size_t k = 1; k < scores.size(); ++k) CHECK(scores[k - 1] >= scores[k] - 1e-4f);
  }
  CHECK(rankings.itm->images_of_text.size() == texts);
}

TEST_CASE("evaluate: a reference counts as right, as the caption does") {
  EncodedSplit split;
  split.captions = {"a", "b"};
  split.names = {{"a", "b"}, {"b"}};
  split.texts = {"a", "b"};
  RetrievalScores scores = score(Rankings{{{1, 0}, {0, 1}}, {{1, 0}, {0, 1}}}, split);
  CHECK(scores.image_to_text.r1 == 0.5);
  CHECK(scores.text_to_image.r1 == 0.5);
  CHECK(scores.text_to_image.r5 == 1.0);
}

TEST_CASE("evaluate: the figures stand under the documented keys") {
  Setup s;
  Json result = evaluate_split(contrastive(s.state).blip(), s.state.tokenizer, *s.data, {});
  for (const char* group : {"i2t", "t2i", "i2t_itm", "t2i_itm"})
    for (const char* key : {"r1", "r5"}) {
      double value = result.at(group).at(key).number();
      CHECK((value >= 0 && value <= 1));
    }
  for (const char* key : {"exact", "token_f1", "bleu2"}) CHECK(result.at("captions").find(key));
  CHECK(result.at("images").integer() == 8);
  result =
      evaluate_split(contrastive(s.state).blip(), s.state.tokenizer, *s.data, {0, 4, true, false});
  CHECK(result.find("i2t_itm") == nullptr);
  CHECK(result.find("captions") == nullptr);
}

TEST_CASE("evaluate: captions are compared as the tokenizer gives them back") {
  Setup s;
  EncodedSplit split;
  split.captions = {"a cat"};
  split.names = {{"a cat"}};
  CHECK(score_captions({plain(s.state.tokenizer, "a  CAT")}, s.state.tokenizer, split).exact == 1);
}

}  // namespace
}  // namespace medley::train
