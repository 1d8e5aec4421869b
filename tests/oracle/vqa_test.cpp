// Visual question answering of the original (blip/vqa) and of transformers' folder (hf/models/vqa).
#include "models/vqa/vqa.h"

#include <algorithm>

#include "autograd/tape.h"
#include "models/weights/hf_config.h"
#include "models/weights/load.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "tests/oracle/walk.h"
#include "train/checkpoint/hf_tokenizer.h"

namespace medley::oracle {
namespace {

using models::GenerateOptions;
using models::Memory;
using models::PackedText;
using models::Vqa;

struct Original {
  Json config = read_json("blip/vqa/config.json");
  Tensors values{"blip/vqa/values.safetensors"};
  models::SpecialTokens tokens = special_tokens(config);
  std::shared_ptr<Vqa> owner;
  Vqa& vqa = *owner;
  explicit Original(DType dtype)
      : owner(std::make_shared<Vqa>(model_config(config), tokens, dtype, Device{}, 0,
                                    config.at("label_smoothing"))) {
    load_store(vqa.weights(), Tensors("blip/vqa/weights.safetensors"));
  }

  // Rows of <name>_ids up to the end of <name>_mask.
  PackedText texts(const std::string& name) const {
    const Tensor& ids = values.at(name + "_ids");
    const std::vector<double> id = to_doubles(ids), mask = values.values(name + "_mask");
    const auto width = static_cast<size_t>(ids.size(1));
    std::vector<std::vector<int32_t>> rows;
    for (size_t row = 0; row < id.size(); row += width) {
      rows.emplace_back();
      for (size_t t = row; t < row + width && mask[t] != 0; ++t)
        rows.back().push_back(static_cast<int32_t>(id[t]));
    }
    return models::pack(rows);
  }
  std::vector<int32_t> question_of() const {
    std::vector<int32_t> of;
    const Json& counts = config.at("answers_per_question");
    for (size_t q = 0; q < counts.size(); ++q)
      of.insert(of.end(), counts[q].get<size_t>(), static_cast<int32_t>(q));
    return of;
  }
  Tensor images(DType dtype) const { return values.f64("images").to(dtype); }
  int32_t pad() const { return config.at("token_ids").at("[PAD]"); }
};

void check_answers(const std::vector<std::vector<models::Generated>>& said, const Json& recorded,
                   const models::SpecialTokens& tokens, int64_t max_length) {
  REQUIRE(said.size() == recorded.at("ids").size());
  for (size_t i = 0; i < said.size(); ++i) {
    CAPTURE(i);
    std::vector<int32_t> ids = said[i][0].ids;
    ids.insert(ids.begin(), tokens.dec);
    if (static_cast<int64_t>(ids.size()) < max_length) ids.push_back(tokens.sep);
    auto right = recorded.at("ids")[i].get<std::vector<int32_t>>();
    right.resize(ids.size());  // [PAD] behind the end
    CHECK(ids == right);
    CHECK(said[i][0].score ==
          Approx(recorded.at("sequence_scores")[i].get<double>()).margin(1e-6).epsilon(0));
  }
}

}  // namespace

TEST_CASE("vqa: question states and losses of answers") {
  Original o(DType::f64);
  const PackedText questions = o.texts("question"), answers = o.texts("answer");
  const Tensor images = o.images(DType::f64);
  const autograd::NoGrad no_grad;
  const Memory padded = o.vqa.read_padded(o.vqa.encode_image(images), questions, o.pad());
  CHECK(largest_difference(to_doubles(padded.rows), o.values.values("question_states")) < 1e-10);
  const Memory states = o.vqa.read(o.vqa.encode_image(images), questions);
  CHECK(largest_difference(o.vqa.answer_losses(states, answers, o.question_of()),
                           o.values.values("answer_losses")) < 1e-10);
}

TEST_CASE("vqa: the trainer takes a step with the recorded loss and gradients") {
  const Json config = read_json("blip/vqa/config.json");
  const Tensors values("blip/vqa/values.safetensors"), gradients("blip/vqa/gradients.safetensors");
  // Answers of a question, with their weights.
  std::vector<std::vector<double>> weights;
  Json rows = Json::array();
  size_t next = 0;
  for (size_t q = 0; q < config.at("questions").size(); ++q) {
    Json row = {{"question", config.at("questions")[q]}, {"dataset", "vqa"}};
    weights.emplace_back();
    for (int64_t n = config.at("answers_per_question")[q]; n > 0; --n, ++next) {
      row["answer"].push_back(config.at("answers")[next]);
      weights.back().push_back(config.at("answer_weights")[next]);
    }
    rows.push_back(row);
  }
  train::TrainConfig settings = walk_config("vqa", config, "f64");
  settings.steps = 1;
  settings.batch_size = static_cast<int64_t>(rows.size());
  Walk walk(settings, "blip/vqa/weights.safetensors", rows);
  walk.trainer.hooks.on_batch = [&](int64_t, models::Batch& batch) {
    batch.images = rows_of(values.at("images"), batch.samples);
    batch.answer_weights.clear();  // the recorded ones are no parts of ten people
    for (const int64_t q : batch.samples)
      for (const double weight : weights.at(static_cast<size_t>(q)))
        batch.answer_weights.push_back(weight);
  };
  walk.trainer.hooks.after_backward = [&](int64_t, models::Objective&) {
    check_gradients(walk, gradients, 1e-10);
  };
  const std::vector<Json> taken = walk.train();
  CHECK(distance(taken.at(0).at("lm"), values.at("loss").item()) < 1e-10);
  check_first_update(walk, "blip/vqa/weights.safetensors", gradients);
}

TEST_CASE("vqa: the fast kernels in f32") {
  Original o(DType::f32);
  const PackedText questions = o.texts("question"), answers = o.texts("answer");
  const Memory states = o.vqa.read(o.vqa.encode_image(o.images(DType::f32)), questions);
  CHECK(largest_difference(o.vqa.answer_losses(states, answers, o.question_of()),
                           o.values.values("answer_losses")) < 1e-3);
}

TEST_CASE("vqa: answers ranked from a list") {
  Original o(DType::f64);
  const Memory states = o.vqa.read(o.vqa.encode_image(o.images(DType::f64)), o.texts("question"));
  const PackedText candidates = o.texts("candidate");
  for (const auto& [key, best] : o.config.at("rank_best").items()) {
    const int64_t k = std::stoll(key);
    const std::string name = "rank" + key;
    const std::vector<double> ids = o.values.values(name + ".topk_ids"),
                              probabilities = o.values.values(name + ".topk_probs"),
                              scores = o.values.values(name + ".log_probs_sum");
    const std::vector<Vqa::Ranked> ranked = o.vqa.rank(states, candidates, k);
    REQUIRE(ranked.size() == best.size());
    for (size_t q = 0; q < ranked.size(); ++q) {
      CAPTURE(k, q);
      CHECK(ranked[q].best == best[q]);
      // Candidates with the same first token tie: compare by candidate. Which of those that tie at
      // the edge are among the k is the sort's choice.
      const size_t row = q * static_cast<size_t>(k);
      for (size_t i = 0; i < static_cast<size_t>(k); ++i) {
        CHECK(ranked[q].first_token[i] == Approx(probabilities[row + i]).margin(1e-10).epsilon(0));
        const auto at = std::find(ids.begin() + static_cast<int64_t>(row),
                                  ids.begin() + static_cast<int64_t>(row) + k,
                                  static_cast<double>(ranked[q].candidate[i])) -
                        ids.begin();
        if (at == static_cast<int64_t>(row) + k) {
          CHECK(probabilities[row + i] == Approx(probabilities[row + static_cast<size_t>(k) - 1]));
          continue;
        }
        CHECK(ranked[q].score[i] ==
              Approx(scores[static_cast<size_t>(at)]).margin(1e-10).epsilon(0));
      }
    }
  }
  CHECK_THROWS(o.vqa.rank(states, candidates, 0));
  CHECK_THROWS(o.vqa.rank(states, candidates, static_cast<int64_t>(candidates.lengths.size()) + 1));
}

TEST_CASE("vqa: generated answers, questions together as the original pads them and alone") {
  Original o(DType::f64);
  const Json& settings = o.config.at("generate_settings");
  const GenerateOptions options{.max_length = settings.at("max_length"),
                                .min_length = settings.at("min_length"),
                                .beams = settings.at("num_beams")};
  const Tensor images = o.vqa.encode_image(o.images(DType::f64));
  const PackedText questions = o.texts("question");
  check_answers(o.vqa.answer(o.vqa.read_padded(images, questions, o.pad()), options),
                o.config.at("generate_batch"), o.tokens, options.max_length);
  // Without padding every question is as if it were alone.
  const auto together = o.vqa.answer(o.vqa.read(images, questions), options);
  const Json& alone = o.config.at("generate_one_by_one");
  REQUIRE(alone.size() == together.size());
  for (size_t i = 0; i < alone.size(); ++i)
    check_answers({together[i]}, alone[i], o.tokens, options.max_length);
}

TEST_CASE("vqa: transformers' folder") {
  const std::string folder = "hf/models/vqa";
  const models::HfConfig config = models::read_hf_config(path(folder + "/config.json"));
  const models::Tokenizer tokenizer = train::read_hf_tokenizer(path(folder), config);
  Vqa vqa(config.model, {config.sep, config.dec, config.dec + 1}, DType::f64, {}, std::nullopt);
  models::WeightFiles files(path(folder));
  models::LoadOptions load;
  load.parts = models::parts_of(config.kind);
  models::load_weights(files, {&vqa.weights().weights}, load);
  const Tensors io(folder + "/io.safetensors");
  const Json texts = read_json(folder + "/io.json"), beams = read_json(folder + "/beam_4_15.json");
  std::vector<std::vector<int32_t>> asked;
  for (const Json& question : texts.at("questions"))
    asked.push_back(
        tokenizer.encode_caption(question.get<std::string>(), config.model.max_positions));
  const PackedText questions = models::pack(asked);
  const Tensor images = vqa.encode_image(io.f64("pixel_values"));
  const Memory padded =
      vqa.read_padded(images, questions, config.pad, models::Blip::FirstToken::cls);
  check_close("question_embeds", padded.rows.view(io.at("question_embeds").shape()),
              io.at("question_embeds"), 3e-6);
  for (const Json& each : beams.at("generate")) {
    CAPTURE(each.at("name").get<std::string>());
    const Json& kwargs = each.at("kwargs");
    GenerateOptions options{.max_length = kwargs.value("max_length", 20),
                            .min_length = kwargs.value("min_length", 0),
                            .beams = kwargs.value("num_beams", 1),
                            .length_penalty = kwargs.value("length_penalty", 1.0),
                            .repetition_penalty = kwargs.value("repetition_penalty", 1.0),
                            .returned = kwargs.value("num_return_sequences", 1)};
    const auto said = vqa.answer(padded, options);
    const Json &rows = each.at("sequences"), &scores = each.at("sequences_scores");
    const auto returned = static_cast<size_t>(options.returned);
    REQUIRE(rows.size() == said.size() * returned);
    for (size_t i = 0; i < rows.size(); ++i) {
      CAPTURE(i);
      const models::Generated& text = said[i / returned].at(i % returned);
      std::vector<int32_t> ids = text.ids, right;
      for (size_t t = 1; t < rows[i].size() && rows[i][t] != config.sep; ++t)
        right.push_back(rows[i][t]);
      CHECK(ids == right);
      CHECK(text.score == Approx(scores[i].get<double>()).margin(1e-6).epsilon(0));
    }
  }
}

}  // namespace medley::oracle
