// Captioning of the original (blip/caption): logits, loss, gradients, and what greedy decoding,
// beam search and sampling make of them.
#include "autograd/tape.h"
#include "models/blip/blip.h"
#include "models/generation/scores.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "tests/oracle/walk.h"

namespace medley::oracle {
namespace {

using models::Blip;
using models::GenerateOptions;

struct Captioner {
  Json config = read_json("blip/caption/config.json");
  Tensors values{"blip/caption/values.safetensors"};
  models::SpecialTokens tokens = special_tokens(config);
  std::shared_ptr<Blip> owner;
  Blip& blip = *owner;
  explicit Captioner(DType dtype)
      : owner(std::make_shared<Blip>(model_config(config), tokens, dtype, Device{}, 0)) {
    load_some(blip, Tensors("blip/caption/weights.safetensors"));
  }

  std::vector<int32_t> prompt() const {  // without [DEC]
    const auto ids = config.at("prompt_ids").get<std::vector<int32_t>>();
    return {ids.begin() + 1, ids.end()};
  }
  Tensor encode() {
    const Tensor& images = values.at("images");
    Tensor pixels = Tensor::empty(images.shape(), blip.weights().weights.flat().dtype());
    copy_values(pixels, images);
    return blip.encode_image(pixels);
  }
  // Logits of all tokens but the last of these texts, [DEC] first; text i belongs to image i.
  Tensor logits(const std::vector<std::vector<int32_t>>& texts) {
    const autograd::NoGrad no_grad;
    const Tensor images =
        values.f64("images").slice(0, 0, static_cast<int64_t>(texts.size())).contiguous();
    const models::PackedText text = models::pack(texts);
    return blip.decode(blip.encode_image(images), text, models::next_tokens(text));
  }
};

// The recorded row with [PAD] behind the end, from what generate gives.
std::vector<int32_t> as_recorded(const std::vector<int32_t>& ids, const models::SpecialTokens& t,
                                 int32_t pad, int64_t max_length, size_t width) {
  std::vector<int32_t> row{t.dec};
  row.insert(row.end(), ids.begin(), ids.end());
  if (static_cast<int64_t>(row.size()) < max_length) row.push_back(t.sep);
  row.resize(width, pad);
  return row;
}

// A recorded row up to its [SEP].
std::vector<int32_t> until_end(const Json& row, int32_t sep) {
  std::vector<int32_t> ids;
  for (const Json& id : row) {
    ids.push_back(id);
    if (ids.back() == sep) break;
  }
  return ids;
}

GenerateOptions options_of(const Json& settings) {
  return {.max_length = settings.at("max_length"),
          .min_length = settings.at("min_length"),
          .beams = settings.value("num_beams", 1),
          .top_k = settings.value("top_k", 0),
          .top_p = settings.value("top_p", 1.0),
          .repetition_penalty = settings.at("repetition_penalty")};
}

}  // namespace

TEST_CASE("caption: logits of teacher forcing") {
  Captioner c(DType::f64);
  check_close("image_embeds", c.encode(), c.values.at("image_embeds"), 1e-10);

  // All of them, those that the loss leaves out too.
  const models::PackedText text = packed(c.values, "");
  const Tensor& ids = c.values.at("input_ids");
  const std::vector<double> id = to_doubles(ids), logits = c.values.values("logits");
  const size_t width = static_cast<size_t>(ids.size(1)), V = logits.size() / id.size();
  std::vector<std::vector<int32_t>> rows;
  std::vector<double> expected;
  for (size_t b = 0; b < text.lengths.size(); ++b) {
    const auto length = static_cast<size_t>(text.lengths[b]);
    const auto from = id.begin() + static_cast<int64_t>(b * width);
    rows.emplace_back(from, from + static_cast<int64_t>(length));
    const auto row = logits.begin() + static_cast<int64_t>(b * width * V);
    expected.insert(expected.end(), row, row + static_cast<int64_t>((length - 1) * V));
  }
  CHECK(largest_difference(to_doubles(c.logits(rows)), expected) < 1e-10);
}

TEST_CASE("caption: the trainer takes a step with the recorded loss and gradients") {
  const Json config = read_json("blip/caption/config.json");
  const Tensors values("blip/caption/values.safetensors"),
      gradients("blip/caption/gradients.safetensors");
  const auto prompt = config.at("prompt").get<std::string>();
  Json rows = Json::array();
  for (const Json& text : config.at("captions")) {
    const auto caption = text.get<std::string>();
    REQUIRE(caption.starts_with(prompt));
    rows.push_back({{"caption", caption.substr(prompt.size())}});
  }
  train::TrainConfig settings = walk_config("caption", config, "f64");
  settings.prompt = prompt;
  settings.steps = 1;
  settings.batch_size = static_cast<int64_t>(rows.size());
  Walk walk(settings, "blip/caption/weights.safetensors", rows);
  walk.trainer.hooks.on_batch = [&](int64_t, models::Batch& batch) {
    batch.images = rows_of(values.at("images"), batch.samples);
  };
  walk.trainer.hooks.after_backward = [&](int64_t, models::Objective&) {
    check_gradients(walk, gradients, 1e-10);
  };
  const std::vector<Json> taken = walk.train();
  CHECK(distance(taken.at(0).at("lm"), values.at("loss").item()) < 1e-10);
  check_first_update(walk, "blip/caption/weights.safetensors", gradients);
}

TEST_CASE("caption: greedy and beam ids, scores and texts are the original's") {
  for (const DType dtype : {DType::f64, DType::f32}) {
    Captioner c(dtype);
    const Tensor tokens = c.encode();
    const int32_t pad = c.config.at("token_ids").at("[PAD]");
    for (const Json& each : c.config.at("generate")) {
      const GenerateOptions options = options_of(each.at("settings"));
      CAPTURE(each.at("settings").dump(), size_of(dtype));
      const auto said = c.blip.caption(tokens, options, c.prompt());
      const Json& ids = each.at("ids");
      REQUIRE(said.size() == ids.size());
      for (size_t i = 0; i < said.size(); ++i) {
        CAPTURE(i);
        REQUIRE(said[i].size() == 1);
        if (dtype == DType::f32) continue;  // recorded in f64: choices may be close
        CHECK(as_recorded(said[i][0].ids, c.tokens, pad, options.max_length, ids[i].size()) ==
              ids[i].get<std::vector<int32_t>>());
        if (each.at("sequence_scores").is_array())
          CHECK(said[i][0].score ==
                Approx(each.at("sequence_scores")[i].get<double>()).margin(1e-6).epsilon(0));
      }
      // The same, one picture at a time: to the bit.
      for (size_t i = 0; i < said.size(); ++i) {
        const auto row = static_cast<int64_t>(i);
        const auto alone =
            c.blip.caption(tokens.slice(0, row, row + 1).contiguous(), options, c.prompt());
        CHECK(alone[0][0].ids == said[i][0].ids);
        CHECK(alone[0][0].score == said[i][0].score);
      }
    }
  }
}

TEST_CASE("caption: what sampling draws from is the original's") {
  Captioner c(DType::f64);
  const Json& runs = c.config.at("nucleus");
  for (size_t k = 0; k < runs.size(); ++k) {
    const GenerateOptions options = options_of(runs[k].at("settings"));
    std::vector<std::vector<int32_t>> texts;
    for (const Json& row : runs[k].at("ids")) texts.push_back(until_end(row, c.tokens.sep));
    const std::vector<double> logits = to_doubles(c.logits(texts));
    const Tensor& recorded = c.values.at("nucleus" + std::to_string(k) + "_scores");
    const std::vector<double> expected = to_doubles(recorded);
    const auto steps = static_cast<size_t>(recorded.size(1)),
               V = static_cast<size_t>(recorded.size(2));
    const size_t given = c.prompt().size() + 1;
    size_t row = 0;  // of the packed logits
    for (size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(k, i);
      for (size_t length = 1; length < texts[i].size(); ++length, ++row) {
        if (length < given) continue;
        std::vector<double> scores(logits.begin() + static_cast<int64_t>(row * V),
                                   logits.begin() + static_cast<int64_t>((row + 1) * V));
        const std::span<const int32_t> read(texts[i].data(), length);
        models::apply_penalties(scores, read, c.tokens.sep, options);
        models::keep_likely(scores, options);
        const double* right = expected.data() + (i * steps + length - given) * V;
        for (size_t v = 0; v < V; ++v) {
          if (right[v] == -1e30)
            REQUIRE(std::isinf(scores[v]));
          else
            REQUIRE(std::abs(scores[v] - right[v]) < 1e-6);
        }
      }
    }
  }
}

TEST_CASE("nucleus: the kept tokens and their probabilities") {
  const Json io = read_json("hf/nucleus/io.json");
  const Tensors tensors("hf/nucleus/io.safetensors");
  for (size_t k = 0; k < io.at("cases").size(); ++k) {
    const Json& each = io.at("cases")[k];
    CAPTURE(k, each.at("row").get<std::string>());
    std::vector<double> scores = tensors.values(each.at("tensor"));
    const auto text = each.at("previous_ids").get<std::vector<int32_t>>();
    REQUIRE(static_cast<int64_t>(text.size()) == each.at("current_length"));
    const GenerateOptions options{.min_length = each.at("min_length"),
                                  .top_k = each.at("top_k"),
                                  .top_p = each.at("top_p"),
                                  .repetition_penalty = each.at("repetition_penalty")};
    models::apply_penalties(scores, text, each.at("eos"), options);
    models::keep_likely(scores, options);
    models::log_softmax(scores);
    std::vector<int32_t> kept;
    std::vector<double> probabilities;
    for (size_t v = 0; v < scores.size(); ++v)
      if (std::exp(scores[v]) > 0) {
        kept.push_back(static_cast<int32_t>(v));
        probabilities.push_back(std::exp(scores[v]));
      }
    const std::string number = "." + std::to_string(k);
    const Json& old = each.at("kept_by_transformers_4_15");
    if (old.is_number() || old.is_array()) {  // equal values at the edge: any of them may stay
      CHECK(kept.size() == (old.is_number() ? old.get<size_t>() : old.size()));
      continue;
    }
    REQUIRE(kept.size() == each.at("kept_count"));
    const std::vector<double> right =
        each.contains("probabilities") && each.at("probabilities").is_array()
            ? each.at("probabilities").get<std::vector<double>>()
            : tensors.values("probabilities" + number);
    if (each.at("tie_at_the_edge").is_null()) {
      const std::vector<double> ids = each.contains("kept") && each.at("kept").is_array()
                                          ? each.at("kept").get<std::vector<double>>()
                                          : tensors.values("kept" + number);
      CHECK(std::vector<double>(kept.begin(), kept.end()) == ids);
      CHECK(largest_difference(probabilities, right) < 1e-6);
    }
  }
}

}  // namespace medley::oracle
