// Captions and retrieval of a model that knows nothing: what is checked is who is asked, in which
// order, and how what it says is scored.
#include "train/eval/evaluate.h"

#include "autograd/tape.h"
#include "core/error.h"
#include "tests/catch.h"
#include "tests/train/data_support.h"
#include "tests/train/memory_data.h"
#include "tests/train/small_models.h"
#include "train/eval/encoded.h"
#include "train/eval/retrieval.h"
#include "train/eval/searches.h"

namespace medley::train {
namespace {

Row caption_row(const std::string& text, int64_t picture, std::vector<std::string> more = {},
                const std::string& id = "") {
  Row row = make_row(text, {picture}, id);
  row.references = std::move(more);
  return row;
}

MemoryData some_captions() {
  return {RowKind::captions,
          4,
          {caption_row("A cat!", 0, {}, "42"), caption_row("the dog", 1, {"a black dog"}),
           caption_row("a  bird", 2), caption_row("a black dog", 0, {}, "42"),
           caption_row("a cat", 3, {"the zebra"})}};
}

struct Setup {
  models::Tokenizer tokenizer = small_tokenizer();
  std::shared_ptr<models::Blip> model = small_model<models::Blip>(tokenizer);
  MemoryData data = some_captions();
  CaptionedSplit split = by_picture(data);
  EncodedItems encoded{*model, 4, 1};

  Setup() {
    std::vector<std::vector<int64_t>> pictures;
    for (const CaptionedItem& item : split.items) pictures.push_back(item.pictures);
    for_each_encoded(*model, data, pictures, 3, [&](int64_t begin, const Tensor& tokens) {
      encoded.keep(*model, begin, tokens);
    });
  }
};

TEST_CASE("evaluate: rows are grouped by picture, and every text that is right is known") {
  const CaptionedSplit split = by_picture(some_captions());
  CHECK(split.texts == std::vector<std::string>{"a bird", "a black dog", "a cat", "the dog"});
  REQUIRE(split.items.size() == 4);
  CHECK(split.items[0].id == "42");
  CHECK(split.items[1].id == "p1.png");
  CHECK(split.items[0].captions == std::vector<std::string>{"A cat!", "a black dog"});
  CHECK(split.items[0].right_texts == std::vector<int64_t>{1, 2});
  CHECK(split.items[1].right_texts == std::vector<int64_t>{1, 3});  // a reference counts
  CHECK(split.items[3].right == std::set<std::string>{"a cat", "the zebra"});
  CHECK(split.items[3].right_texts == std::vector<int64_t>{2});
  // A text is drawn with the first picture whose caption it is.
  CHECK(split.items[0].own_texts == std::vector<int64_t>{1, 2});
  CHECK(split.items[1].own_texts == std::vector<int64_t>{3});
  CHECK(split.items[3].own_texts.empty());
  CHECK(split.items_of_text == std::vector<int64_t>{1, 2, 2, 1});
}

TEST_CASE("evaluate: pictures are encoded in order, whatever the batch") {
  const Setup s;
  std::vector<float> tokens = s.encoded.tokens.to_vector<float>();
  const size_t each = tokens.size() / 4;
  for (int64_t p = 0; p < 4; ++p) {
    const Tensor one = s.model->encode_image(picture_tensor(s.data, {p}, 24));
    CHECK(one.to_vector<float>() ==
          std::vector<float>(tokens.begin() + p * static_cast<int64_t>(each),
                             tokens.begin() + (p + 1) * static_cast<int64_t>(each)));
  }
}

TEST_CASE("evaluate: rankings follow the cosine, and re-ranking the match logit plus cosine") {
  const Setup s;
  const autograd::NoGrad no_grad;
  using FirstToken = models::Blip::FirstToken;
  const FirstToken first = GENERATE(FirstToken::enc, FirstToken::cls);
  const RetrievalRankings rankings =
      rank(*s.model, s.tokenizer, s.encoded, s.split.texts, {.rerank = 3, .first = first});
  REQUIRE(rankings.itm);
  const std::vector<float> image = s.encoded.features.to_vector<float>();
  const auto width = static_cast<size_t>(s.model->model().embed_dim);
  std::vector<std::vector<float>> cosine(4, std::vector<float>(4)), match = cosine;
  for (size_t t = 0; t < 4; ++t) {
    const models::PackedText text =
        models::pack({s.tokenizer.encode_caption(s.split.texts[t], 16)});
    const std::vector<float> feature = s.model->text_features(text).to_vector<float>();
    for (size_t i = 0; i < 4; ++i) {
      for (size_t e = 0; e < width; ++e) cosine[i][t] += image[i * width + e] * feature[e];
      const auto at = static_cast<int64_t>(i);
      match[i][t] = cosine[i][t] + s.model
                                       ->match(s.encoded.tokens.slice(0, at, at + 1), text,
                                               Tensor::from(std::vector<int32_t>{0}, {1}), first)
                                       .to_vector<float>()[1];
    }
  }
  const auto check = [&](const Ranking& itc, const Ranking& itm, bool to_text) {
    const auto of = [&](const std::vector<std::vector<float>>& scores, size_t q, int64_t c) {
      const auto k = static_cast<size_t>(c);
      return to_text ? scores[q][k] : scores[k][q];
    };
    for (size_t q = 0; q < 4; ++q) {
      REQUIRE(itc[q].size() == 4);
      for (size_t k = 1; k < 4; ++k)
        CHECK(of(cosine, q, itc[q][k - 1]) >= of(cosine, q, itc[q][k]) - 1e-5F);
      std::vector<int64_t> before(itc[q].begin(), itc[q].begin() + 3);
      std::vector<int64_t> after(itm[q].begin(), itm[q].begin() + 3);
      for (size_t k = 1; k < 3; ++k)
        CHECK(of(match, q, after[k - 1]) >= of(match, q, after[k]) - 1e-4F);
      std::sort(before.begin(), before.end());
      std::sort(after.begin(), after.end());
      CHECK(before == after);
      CHECK(itm[q][3] == itc[q][3]);  // what ITM did not see stays where it was
    }
  };
  check(rankings.itc.texts_of_image, rankings.itm->texts_of_image, true);
  check(rankings.itc.images_of_text, rankings.itm->images_of_text, false);
}

TEST_CASE("evaluate: searches count any right text of a picture and any right picture of a text") {
  const CaptionedSplit split = by_picture(some_captions());
  // Texts: 0 a bird, 1 a black dog, 2 a cat, 3 the dog.
  const Rankings rankings{{{2, 0}, {0, 1}, {1, 0}, {3, 0}}, {{2, 0}, {1, 2}, {1, 3}, {0, 1}}};
  Json figures = Json::object();
  add_searches(figures, {rankings, std::nullopt}, split, {"i2t", "t2i", false, true});
  CHECK(figures.at("i2t").at("r1").number() == 0.25);
  CHECK(figures.at("i2t").at("r5").number() == 0.75);
  CHECK(figures.at("t2i").at("r1").number() == 0.5);
  CHECK(figures.at("t2i").at("r5").number() == 1);
  // Two, two, one and one of four texts are right for the pictures.
  CHECK(figures.at("i2t").at("trivial").at("r1").number() == Approx((2 + 2 + 1 + 1) / 16.0));
  CHECK(figures.find("i2t_itm") == nullptr);
  const Json said = searches_as_json({rankings, std::nullopt}, split);
  const Json& first = said.at("texts_of_image").items().at(0);
  CHECK(first.at("image_id").integer() == 42);
  CHECK(first.at("rank").integer() == 1);
  CHECK(first.at("found").items().at(1).text() == "a bird");
  CHECK(said.at("texts_of_image").items().at(3).at("rank").is_null());
  CHECK(said.at("images_of_text").items().at(1).at("found").items().at(0).text() == "p1.png");
}

TEST_CASE("evaluate: captions are scored against every text that is right") {
  const models::Tokenizer tokenizer = small_tokenizer();
  const CaptionedSplit split = by_picture(some_captions());
  const Json figures =
      caption_figures(tokenizer, split, {"a  CAT", "the black dog", "", "a zebra"}, true).json();
  CHECK(figures.at("exact").number() == 0.25);
  // 1; both references have two of its three words: 2 * 2 / 6 and 2 * 2 / 5; 0; 1 of 2.
  CHECK(figures.at("token_f1").number() == Approx((1 + 0.8 + 0 + 0.5) / 4));
  for (const char* key : {"bleu1", "bleu2", "bleu3", "bleu4", "rouge_l", "cider"}) {
    INFO(key);
    const auto& interval = figures.at(std::string(key) + "_interval").items();
    CHECK(interval.at(0).number() <= figures.at(key).number());
    CHECK(interval.at(1).number() >= figures.at(key).number());
  }
  // "a cat" and "a black dog" are captions twice and once; the reference "a black dog" is no row.
  CHECK(figures.at("trivial").at("answer").text() == "a cat");
  CHECK(figures.at("trivial").at("exact").number() == 0.5);
}

TEST_CASE("evaluate: what is asked for stands under the documented keys") {
  const Setup s;
  const Evaluated both = evaluate_captions(*s.model, s.tokenizer, s.data, {});
  for (const char* group : {"i2t", "t2i", "i2t_itm", "t2i_itm"})
    for (const char* key : {"r1", "r5", "r10"}) {
      const double value = both.figures.at(group).at(key).number();
      CHECK((value >= 0 && value <= 1));
      CHECK(both.figures.at(group).at("trivial").find(key));
    }
  CHECK(both.figures.at("images").integer() == 4);
  CHECK(both.figures.at("texts").integer() == 4);
  REQUIRE(both.said.items().size() == 4);
  CHECK(both.said.items()[0].at("image_id").integer() == 42);
  CHECK(both.said.items()[3].at("image_id").text() == "p3.png");

  const Evaluated brief =
      evaluate_split(s.model, s.tokenizer, s.data,
                     {.retrieval = true, .captions = false, .intervals = false, .rerank = 0});
  CHECK(brief.figures.at("i2t").find("r1_interval") == nullptr);
  CHECK(brief.figures.at("i2t").find("trivial") == nullptr);
  CHECK(brief.figures.find("i2t_itm") == nullptr);
  CHECK(brief.figures.find("captions") == nullptr);
}

TEST_CASE("evaluate: the prompt of a caption is neither said nor scored") {
  const Setup s;
  const Tensor tokens = s.encoded.tokens.slice(0, 0, 1).contiguous();
  CaptionRules rules{{.max_length = 12}, "a picture of"};
  const std::vector<int32_t> prompt = s.tokenizer.encode(rules.prompt);
  const std::vector<int32_t> whole = s.model->caption(tokens, rules.generate, prompt)[0][0].ids;
  std::vector<int32_t> said = caption_tokens(*s.model, s.tokenizer, tokens, rules)[0];
  said.insert(said.begin(), prompt.begin(), prompt.end());
  CHECK(said == whole);
}

TEST_CASE("evaluate: data of another kind is refused with the command for it") {
  const Setup s;
  const MemoryData questions(RowKind::questions, 1, {make_row("what?", {0})});
  CHECK_THAT(
      message_of<DataError>([&] { evaluate_captions(*s.model, s.tokenizer, questions, {}); }),
      Catch::Contains("medley eval vqa"));
  const MemoryData video(RowKind::captions, 2, {make_row("a cat", {0, 1})});
  CHECK_THAT(message_of<DataError>([&] { evaluate_captions(*s.model, s.tokenizer, video, {}); }),
             Catch::Contains("medley eval video"));
}

TEST_CASE("evaluate: ids are numbers where the source has numbers") {
  CHECK(id_as_json("391895").dump() == "391895");
  CHECK(id_as_json("0").dump() == "0");
  CHECK(id_as_json("007").dump() == "\"007\"");
  CHECK(id_as_json("a.png").dump() == "\"a.png\"");
  CHECK(id_as_json("99999999999999999999").dump() == "\"99999999999999999999\"");
}

}  // namespace
}  // namespace medley::train
