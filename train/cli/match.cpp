// medley match: how well each text fits each picture.
#include <cmath>

#include "autograd/ops/linear.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/decode.h"
#include "train/eval/encoded.h"
#include "train/loop/run_folder.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

// Softmax of two logits, the second's share.
double share_of_second(float first, float second) {
  return 1 / (1 + std::exp(static_cast<double>(first) - static_cast<double>(second)));
}

models::PackedText pack_texts(const models::Tokenizer& tokenizer,
                              const std::vector<std::string>& texts, int64_t max_tokens) {
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts) {
    const std::string clean = models::clean_caption(text);
    if (clean.empty()) throw ValueError(str("[match] the text '", text, "' has no word"));
    ids.push_back(tokenizer.encode_caption(clean, max_tokens));
  }
  return models::pack(ids);
}

}  // namespace

int match(const MatchOptions& options) {
  autograd::NoGrad no_grad;
  LoadedModel loaded = load_model(options.run);
  models::Blip& model = *loaded.model;
  const models::ModelConfig& config = loaded.config.model;
  const models::PackedText texts = pack_texts(loaded.tokenizer, options.texts, config.max_tokens);
  const Tensor text_features = model.text_features(texts);
  const auto count = static_cast<int64_t>(options.texts.size());
  const Tensor only_image = Tensor::zeros({count}, DType::i32);

  Json results = Json::array();
  std::vector<std::vector<std::string>> rows{{"picture", "text", "match", "cosine"}};
  for (const std::string& file : options.files) {
    const Tensor image = model.encode_image(picture_tensor({read_image(file)}, config.image_size));
    const Tensor cosine = autograd::linear(model.image_features(image), text_features, Tensor());
    const Tensor logits = model.match(image, texts, only_image);
    for (size_t t = 0; t < options.texts.size(); ++t) {
      const double probability =
          share_of_second(logits.data<float>()[2 * t], logits.data<float>()[2 * t + 1]);
      const double similarity = static_cast<double>(cosine.data<float>()[t]);
      results.push(Json::object()
                       .set("file", file)
                       .set("text", options.texts[t])
                       .set("itm_probability", probability)
                       .set("itc_cosine", similarity));
      rows.push_back({file, options.texts[t], fixed(probability, 3), fixed(similarity, 3)});
    }
  }
  if (options.json)
    print_json(results);
  else
    print_table(rows);
  return 0;
}

}  // namespace medley::train
