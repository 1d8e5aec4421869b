// Captions of transformers' folders (hf/models/caption): logits and losses of teacher forcing,
// greedy ids as every version of transformers gives them, beams as 4.15 does, which the original
// runs.
#include "models/weights/hf_config.h"
#include "models/weights/load.h"
#include "tests/catch.h"
#include "tests/oracle/blip_weights.h"
#include "train/checkpoint/hf_tokenizer.h"

namespace medley::oracle {
namespace {

using models::Blip;
using models::GenerateOptions;

const char* const kFolder = "hf/models/caption";

struct Captioner {
  models::HfConfig config = models::read_hf_config(path(std::string(kFolder) + "/config.json"));
  models::Tokenizer tokenizer = train::read_hf_tokenizer(path(kFolder), config);
  Tensors io{std::string(kFolder) + "/io.safetensors"};
  Blip blip;
  Tensor images;  // tokens

  explicit Captioner(DType dtype)
      : blip(config.model, {config.sep, config.dec, config.dec + 1}, dtype, Device{}) {
    models::WeightFiles files(path(kFolder));
    models::LoadOptions options;
    options.parts = models::parts_of(config.kind);
    models::load_weights(files, {&blip.weights().weights}, options);
    images = blip.encode_image(io.f64("pixel_values").to(dtype));
  }

  // Tokens of a prompt (null: none), without [DEC].
  std::vector<int32_t> prompt(const Json& text) const {
    return text.is_null() ? std::vector<int32_t>{} : tokenizer.encode(text.get<std::string>());
  }
  // What generate gave up to its [SEP], [DEC] first.
  std::vector<int32_t> said(const models::Generated& text, int64_t max_length) const {
    std::vector<int32_t> row{config.dec};
    row.insert(row.end(), text.ids.begin(), text.ids.end());
    if (static_cast<int64_t>(row.size()) < max_length) row.push_back(config.sep);
    return row;
  }
  // The recorded row up to the first [SEP] after `given` tokens.
  std::vector<int32_t> recorded(const Json& row, size_t given) const {
    std::vector<int32_t> ids;
    for (const Json& id : row) {
      ids.push_back(id);
      if (ids.size() > given && ids.back() == config.sep) break;
    }
    return ids;
  }
};

GenerateOptions options_of(const Json& kwargs, int64_t prompt) {
  GenerateOptions options;
  if (kwargs.contains("max_new_tokens"))
    options.max_length = prompt + 1 + kwargs.at("max_new_tokens").get<int64_t>();
  options.max_length = kwargs.value("max_length", options.max_length);
  options.min_length = kwargs.value("min_length", 0);
  options.beams = kwargs.value("num_beams", 1);
  options.length_penalty = kwargs.value("length_penalty", 1.0);
  options.early_stopping = kwargs.value("early_stopping", false);
  options.repetition_penalty = kwargs.value("repetition_penalty", 1.0);
  options.returned = kwargs.value("num_return_sequences", 1);
  return options;
}

}  // namespace

TEST_CASE("hf caption: beams are transformers 4.15's") {
  const Json recorded = read_json(std::string(kFolder) + "/beam_4_15.json");
  Captioner c(DType::f64);
  for (const Json& each : recorded.at("generate")) {
    CAPTURE(each.at("name").get<std::string>());
    const std::vector<int32_t> prompt = c.prompt(each.at("prompt"));
    const auto start = each.at("start").get<std::vector<int32_t>>();
    REQUIRE(start.size() == prompt.size() + 1);
    CHECK(std::equal(prompt.begin(), prompt.end(), start.begin() + 1));
    const GenerateOptions options =
        options_of(each.at("kwargs"), static_cast<int64_t>(prompt.size()));
    const auto texts = c.blip.caption(c.images, options, prompt);
    const Json &rows = each.at("sequences"), &scores = each.at("sequences_scores");
    const auto returned = static_cast<size_t>(options.returned);
    REQUIRE(rows.size() == texts.size() * returned);
    for (size_t i = 0; i < rows.size(); ++i) {
      CAPTURE(i);
      const models::Generated& text = texts[i / returned].at(i % returned);
      CHECK(c.said(text, options.max_length) == c.recorded(rows[i], start.size()));
      CHECK(text.score == Approx(scores[i].get<double>()).margin(1e-6).epsilon(0));
    }
  }
}

TEST_CASE("hf caption: greedy ids are those of every version of transformers") {
  const Json recorded = read_json(std::string(kFolder) + "/io.json");
  size_t cases = 0;
  for (const DType dtype : {DType::f64, DType::f32}) {
    Captioner c(dtype);
    for (const Json& each : recorded.at("generate")) {
      const std::string name = each.at("name");
      if (each.at("kwargs").contains("num_beams") || name.starts_with("quirk")) continue;
      if (dtype == DType::f32 && !each.at("same_in_float32").get<bool>()) continue;
      CAPTURE(name, size_of(dtype));
      const std::vector<int32_t> prompt = c.prompt(each.at("prompt"));
      const GenerateOptions options =
          options_of(each.at("kwargs"), static_cast<int64_t>(prompt.size()));
      const auto texts = c.blip.caption(c.images, options, prompt);
      const Json& rows = each.at("sequences");
      REQUIRE(rows.size() == each.at("images"));
      for (size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(i);
        const models::Generated& text = texts.at(i).at(0);
        CHECK(c.said(text, options.max_length) == c.recorded(rows[i], prompt.size() + 1));
        CHECK(c.tokenizer.decode(text.ids) == each.at("text")[i]);
      }
      ++cases;
    }
  }
  CHECK(cases > 0);
}

}  // namespace medley::oracle
