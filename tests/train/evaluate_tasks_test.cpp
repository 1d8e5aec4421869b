// Questions, sentences about two pictures, classes and videos, each against a plain computation
// item by item with the same model of random weights.
#include <cmath>

#include "autograd/tape.h"
#include "core/error.h"
#include "tests/catch.h"
#include "tests/train/data_support.h"
#include "tests/train/memory_data.h"
#include "tests/train/small_models.h"
#include "train/eval/encoded.h"
#include "train/eval/evaluate.h"

namespace medley::train {
namespace {

const models::Tokenizer kTokenizer = small_tokenizer();

Tensor pictures_of(const Dataset& data, const std::vector<int64_t>& pictures) {
  return picture_tensor(data, pictures, 24);
}

Row question(const std::string& text, int64_t picture, std::vector<Answer> answers,
             const std::string& id = "") {
  Row row = make_row(text, {picture}, id);
  row.answers = std::move(answers);
  return row;
}

MemoryData some_questions() {
  return {RowKind::questions,
          3,
          {question("How many cats?", 2, {{"two", 0.6}, {"2", 0.4}}, "100"),
           question("what is it", 0, {{"a dog", 0.7}, {"cat", 0.3}}),
           question("where are they?", 2, {{"tree", 1}}), question("is it red", 1, {}, "q3"),
           question("is it blue", 0, {{"no", 0.9}, {"yes", 0.1}})}};
}

TEST_CASE("evaluate: answers are those to each question asked by itself") {
  const auto model = small_model<models::Vqa>(kTokenizer);
  const MemoryData data = some_questions();
  const autograd::NoGrad no_grad;
  EvalOptions options{.batch_size = 2};
  const bool ranks = GENERATE(false, true);
  if (ranks) options.answers.candidates = {"two", "a dog", "yes", "no", "blue tree"};
  options.answers.rank = 3;
  const Evaluated result = evaluate_questions(*model, kTokenizer, data, options);
  REQUIRE(result.said.items().size() == 5);
  std::vector<std::string> said;
  for (int64_t r = 0; r < 5; ++r) {
    const Row row = data.row(r);
    const models::Memory memory = model->read(
        model->encode_image(pictures_of(data, row.pictures)),
        models::pack({kTokenizer.encode_caption(models::clean_question(row.text), 16)}));
    if (ranks) {
      std::vector<std::vector<int32_t>> candidates;
      for (const std::string& c : options.answers.candidates)
        candidates.push_back(kTokenizer.encode_caption(c, 16));
      const int32_t best = model->rank(memory, models::pack(candidates), 3)[0].best;
      said.push_back(options.answers.candidates[static_cast<size_t>(best)]);
    } else {
      said.push_back(kTokenizer.decode(model->answer(memory, options.answers.generate)[0][0].ids));
    }
    CHECK(result.said.items()[static_cast<size_t>(r)].at("answer").text() == said.back());
  }
  CHECK(result.said.items()[0].at("question_id").integer() == 100);
  CHECK(result.said.items()[1].at("question_id").integer() == 1);  // it has none: its place
  CHECK(result.said.items()[3].at("question_id").text() == "q3");
  CHECK(result.figures.at("questions").integer() == 5);
  CHECK(result.figures.at("unknown").integer() == 1);
}

TEST_CASE("evaluate: the trivial answer to questions is the most frequent one") {
  const auto model = small_model<models::Vqa>(kTokenizer);
  const Json vqa = evaluate_questions(*model, kTokenizer, some_questions(), {}).figures.at("vqa");
  // "tree" has weight 1, "no" 0.9: it is right once among the four known questions.
  CHECK(vqa.at("trivial").at("answer").text() == "tree");
  CHECK(vqa.at("trivial").at("accuracy").number() == Approx(0.25));
  CHECK(vqa.find("accuracy_interval"));
}

TEST_CASE("evaluate: accuracy counts people where several answered, else right or wrong") {
  const auto model = small_model<models::Vqa>(kTokenizer);
  // The model can only say "no".
  EvalOptions options{.intervals = false};
  options.answers.candidates = {"no"};
  const auto accuracy = [&](std::vector<Row> rows) {
    const MemoryData data(RowKind::questions, 1, std::move(rows));
    return evaluate_questions(*model, kTokenizer, data, options)
        .figures.at("vqa")
        .at("accuracy")
        .number();
  };
  // Two of ten: those two see one other, the rest two: 0.2 / 3 + 0.8 * 2 / 3.
  CHECK(accuracy({question("is it", 0, {{"yes", 0.8}, {"no", 0.2}})}) == Approx(0.6));
  CHECK(accuracy({question("is it", 0, {{"No.", 1}}), question("is it", 0, {{"yes", 1}})}) == 0.5);
}

TEST_CASE("evaluate: without a known answer there is what was said, and no accuracy") {
  const auto model = small_model<models::Vqa>(kTokenizer);
  const MemoryData data(RowKind::questions, 1, {question("what is it", 0, {})});
  const Evaluated result = evaluate_questions(*model, kTokenizer, data, {});
  CHECK(result.figures.find("vqa") == nullptr);
  CHECK(result.said.items().size() == 1);
  CHECK_THAT(message_of<DataError>([&] {
               evaluate_questions(*model, kTokenizer, MemoryData(RowKind::captions, 0, {}), {});
             }),
             Catch::Contains("questions about pictures"));
}

TEST_CASE("evaluate: sentences are judged pair by pair") {
  const auto model = small_model<models::Nlvr>(kTokenizer);
  std::vector<Row> rows;
  const char* sentences[] = {"a cat left of a dog", "the black bird", "two red things",
                             "a tree is blue", "no zebra"};
  for (int64_t r = 0; r < 5; ++r) {
    rows.push_back(make_row(sentences[r], {r % 3, (r + 1) % 3}));
    if (r != 4) rows.back().truth = r != 2;
  }
  const MemoryData data(RowKind::comparisons, 3, rows);
  const Evaluated result = evaluate_comparisons(*model, kTokenizer, data, {.batch_size = 4});
  const autograd::NoGrad no_grad;
  double right = 0;
  for (size_t r = 0; r < 5; ++r) {
    const std::vector<float> logits =
        model
            ->logits(pictures_of(data, rows[r].pictures),
                     models::pack({kTokenizer.encode_caption(rows[r].text, 16)}))
            .to_vector<float>();
    const bool said = logits[1] > logits[0];
    CHECK(result.said.items()[r].at("said").boolean() == said);
    if (rows[r].truth) right += said == *rows[r].truth ? 1 : 0;
  }
  const Json& nlvr = result.figures.at("nlvr");
  CHECK(nlvr.at("accuracy").number() == right / 4);
  CHECK(nlvr.at("trivial").at("accuracy").number() == 0.75);
  CHECK(nlvr.at("trivial").at("answer").text() == "true");
  CHECK(result.figures.at("unknown").integer() == 1);
  const MemoryData one(RowKind::comparisons, 1, {make_row("a cat", {0})});
  CHECK_THAT(message_of<DataError>([&] { evaluate_comparisons(*model, kTokenizer, one, {}); }),
             Catch::Contains("'a cat', has 1 pictures instead of two"));
}

TEST_CASE("evaluate: the class of a picture is the one whose sentences are closest") {
  const auto model = small_model<models::Blip>(kTokenizer);
  const std::vector<std::string> names = {"bird", "black_dog", "cat", "tree", "two", "zebra"};
  std::vector<Row> rows;
  for (int64_t r = 0; r < 9; ++r)
    rows.push_back(make_row(r < 4 ? "cat" : names[static_cast<size_t>(r - 3)], {r}));
  const MemoryData data(RowKind::captions, 9, rows);
  const EvalOptions options{
      .batch_size = 4, .templates = {"a picture of {}", "the {}"}, .classes = names};
  const Evaluated result = evaluate_classes(*model, kTokenizer, data, options);
  const autograd::NoGrad no_grad;
  double right = 0;
  for (int64_t r = 0; r < 9; ++r) {
    const std::vector<float> image =
        model->image_features(model->encode_image(pictures_of(data, {r}))).to_vector<float>();
    std::pair<double, std::string> best{-2, ""};
    for (const std::string& name : names) {
      const std::string spoken = name == "black_dog" ? "black dog" : name;
      std::vector<double> sum(image.size());
      for (const std::string& text : {"a picture of " + spoken, "the " + spoken}) {
        const std::vector<float> feature =
            model->text_features(models::pack({kTokenizer.encode_caption(text, 16)}))
                .to_vector<float>();
        for (size_t e = 0; e < sum.size(); ++e) sum[e] += static_cast<double>(feature[e]);
      }
      double dot = 0, norm = 0;
      for (size_t e = 0; e < sum.size(); ++e) {
        dot += sum[e] * static_cast<double>(image[e]);
        norm += sum[e] * sum[e];
      }
      best = std::max(best, {dot / std::sqrt(norm), name});
    }
    const auto at = static_cast<size_t>(r);
    CHECK(result.said.items()[at].at("found").items().at(0).text() == best.second);
    right += best.second == rows[at].text ? 1 : 0;
  }
  const Json& classify = result.figures.at("classify");
  CHECK(classify.at("accuracy").number() == Approx(right / 9));
  CHECK(classify.at("trivial").at("answer").text() == "cat");
  CHECK(classify.at("trivial").at("accuracy").number() == Approx(5.0 / 9));
  CHECK(classify.find("top5"));
}

TEST_CASE("evaluate: classes that the model cannot tell apart, and other bad lists, are refused") {
  const auto model = small_model<models::Blip>(kTokenizer);
  const MemoryData data(RowKind::captions, 2, {make_row("cat", {0}), make_row("dog", {1})});
  const auto refusal = [&](const EvalOptions& options, const Dataset& some) {
    return message_of<Error>([&] { evaluate_classes(*model, kTokenizer, some, options); });
  };
  CHECK_THAT(refusal({.classes = {"cat", "dog", "Cat"}}, data),
             Catch::Contains("'cat' and 'Cat' have the same name"));
  CHECK_THAT(refusal({.classes = {"cat", "bird"}}, data),
             Catch::Contains("is of class 'dog', which is not in the list of 2 classes"));
  CHECK_THAT(refusal({.templates = {"a picture"}}, data), Catch::Contains("has no {}"));
  const MemoryData same(RowKind::captions, 1, {make_row("cat", {0})});
  CHECK_THAT(refusal({}, same), Catch::Contains("one class only, 'cat'"));
}

TEST_CASE("evaluate: a video is eight of its frames, all of which the matching head sees") {
  const auto model = small_model<models::Blip>(kTokenizer);
  std::vector<int64_t> longer(20);
  for (size_t i = 0; i < 20; ++i) longer[i] = static_cast<int64_t>(i);
  const std::vector<std::vector<int64_t>> videos = {longer, {20, 21, 22}, {23}};
  const char* captions[] = {"a cat left of a dog", "the black bird", "two red things"};
  std::vector<Row> rows;
  for (size_t v = 0; v < 3; ++v) rows.push_back(make_row(captions[v], videos[v]));
  const MemoryData data(RowKind::captions, 24, rows);
  const Evaluated result = evaluate_videos(*model, kTokenizer, data, {.batch_size = 16});

  // np.arange(0, n, n / 8).astype(int) for 20, 3 and 1 frames.
  const std::vector<std::vector<int64_t>> frames = {{0, 2, 5, 7, 10, 12, 15, 17},
                                                    {20, 20, 20, 21, 21, 21, 22, 22},
                                                    {23, 23, 23, 23, 23, 23, 23, 23}};
  const autograd::NoGrad no_grad;
  const auto& towers = model->towers();
  const Tensor only = Tensor::from(std::vector<int32_t>{0}, {1});
  std::vector<std::vector<double>> cosine(3, std::vector<double>(3)), match = cosine;
  for (size_t v = 0; v < 3; ++v) {
    const Tensor tokens = model->encode_image(pictures_of(data, frames[v]));
    const int64_t N = tokens.size(1), C = tokens.size(2);
    const std::vector<float> projected =
        towers.image_projection(tokens.slice(1, 0, 1).contiguous().view({8, C})).to_vector<float>();
    const auto E = projected.size() / 8;
    std::vector<double> mean(E);
    for (size_t i = 0; i < projected.size(); ++i)
      mean[i % E] += static_cast<double>(projected[i]) / 8;
    double norm = 0;
    for (const double m : mean) norm += m * m;
    for (size_t t = 0; t < 3; ++t) {
      const models::PackedText text = models::pack({kTokenizer.encode_caption(captions[t], 16)});
      const std::vector<float> feature = model->text_features(text).to_vector<float>();
      for (size_t e = 0; e < E; ++e)
        cosine[v][t] += mean[e] / std::sqrt(norm) * static_cast<double>(feature[e]);
      match[v][t] = cosine[v][t] +
                    static_cast<double>(
                        model->match(tokens.view({1, 8 * N, C}), text, only).to_vector<float>()[1]);
    }
  }
  const auto rank_of = [](const std::vector<double>& scores, size_t right) {
    int64_t rank = 1;
    for (const double score : scores) rank += score > scores[right];
    return rank;
  };
  const auto& found = result.said.at("texts_of_image").items();
  std::vector<double> ranks;
  for (size_t v = 0; v < 3; ++v) {
    CHECK(found[v].at("rank").integer() == rank_of(match[v], v));
    ranks.push_back(static_cast<double>(rank_of(cosine[v], v)));
  }
  std::sort(ranks.begin(), ranks.end());
  CHECK(result.figures.at("v2t").at("median_rank").number() == ranks[1]);
  CHECK(result.figures.at("t2v_itm").at("trivial").at("median_rank").number() == 2);
  CHECK(result.figures.at("videos").integer() == 3);

  const MemoryData pictures(RowKind::captions, 1, {make_row("a cat", {0})});
  CHECK_THAT(message_of<DataError>([&] { evaluate_videos(*model, kTokenizer, pictures, {}); }),
             Catch::Contains("single pictures"));
}

}  // namespace
}  // namespace medley::train
